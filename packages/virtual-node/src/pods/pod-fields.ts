import type { Pod } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';

/** What of a pod's spec is a field of the group as it is. */
interface PlainSpec {
  readonly dnsPolicy?: string;
  readonly dnsConfig?: {
    readonly nameservers?: string[];
    readonly searches?: string[];
    readonly options?: { readonly name: string; readonly value?: string }[];
  };
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: string[] }[];
  readonly shareProcessNamespace?: boolean;
  readonly securityContext?: { readonly sysctls?: { name: string; value: string }[] };
}

/** Names, hosts, kernel parameters and shared processes. Cluster DNS, which is the default, needs no word: ECI's hosts have it. */
export function podFields({ spec }: Pod): Partial<CreateGroup> {
  const { dnsPolicy, dnsConfig, hostAliases = [], shareProcessNamespace, securityContext } = spec as PlainSpec;
  const sysctls = securityContext?.sysctls ?? [];
  return {
    ...(dnsPolicy === 'None' || dnsPolicy === 'Default' ? { dnsPolicy } : {}),
    ...(dnsConfig
      ? {
          dnsConfig: {
            nameServer: dnsConfig.nameservers ?? [],
            search: dnsConfig.searches ?? [],
            option: (dnsConfig.options ?? []).map(({ name, value = '' }) => ({ name, value })),
          },
        }
      : {}),
    ...(hostAliases.length > 0
      ? { hostAliase: hostAliases.map(({ ip, hostnames = [] }) => ({ ip, hostname: hostnames })) }
      : {}),
    ...(shareProcessNamespace ? { shareProcessNamespace } : {}),
    ...(sysctls.length > 0
      ? { hostSecurityContext: { sysctl: sysctls.map(({ name, value }) => ({ name, value })) } }
      : {}),
  };
}
