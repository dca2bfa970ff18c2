import type { EciCredentials } from './credentials.ts';
import type { DirectCall } from './direct-client.ts';

/** Where ECI's API is, and as whom to call it. */
export type EciAccess = EciPlace & EciCredentials;

interface EciPlace {
  /** Host, or host and port, such as `eci.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string;
  readonly protocol: 'http' | 'https';
  readonly regionId: string;
  /** vSwitches of the node's zone, comma separated. */
  readonly vSwitchId?: string | undefined;
  readonly securityGroupId?: string | undefined;
  /** How to call an ECI that is in this process. Default: over HTTP. */
  readonly call?: DirectCall | undefined;
}
