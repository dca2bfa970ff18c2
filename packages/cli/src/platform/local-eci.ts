import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@ebb/base';
import { type Runtime, createLocalEci } from '@ebb/local-eci';
import type { EciAccess } from '@ebb/virtual-node';
import type { LocalEciAddress } from '../client/eci-panel.ts';

const host = '127.0.0.1';
const regionId = 'local';

/** An ECI on this machine, and the way to it. */
export interface RunningLocalEci extends AsyncDisposable {
  readonly access: EciAccess;
  /** Its panel for faults, instances and the bill. */
  readonly panel: LocalEciAddress;
}

export interface LocalEciSettings {
  /** What runs container groups; closed at the end. */
  readonly runtime: Runtime;
  /** Refuse calls over the real ECI's limits. Default false. */
  readonly limits?: boolean | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the bill is kept. Default: in memory alone. */
  readonly dataDir?: string | undefined;
  /** For faults that come by chance. */
  readonly random?: (() => number) | undefined;
}

/** Starts a local ECI on loopback, with credentials that live as long as this process. */
export async function startLocalEci({
  runtime,
  limits = false,
  dataDir,
  clock,
  logger,
  random,
}: LocalEciSettings): Promise<RunningLocalEci> {
  const credentials = {
    accessKeyId: `local-${randomBytes(8).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('hex'),
  };
  const token = randomBytes(24).toString('hex');
  const eci = await createLocalEci({
    host,
    regionId,
    credentials,
    panelToken: token,
    limits,
    dataDir,
    ...(random ? { random } : {}),
    runtime,
    clock,
    logger: logger.child({ component: 'local-eci' }),
  });
  return {
    panel: { endpoint: eci.endpoint, token, regionId, ...credentials },
    access: { endpoint: eci.endpoint, protocol: 'http', regionId, ...credentials, call: eci.call },
    [Symbol.asyncDispose]: () => eci.close(),
  };
}
