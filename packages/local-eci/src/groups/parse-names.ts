import { type DnsSpec, type GroupSpec, dnsPolicies } from '../model.ts';
import type { Parameters } from '../wire/parameters.ts';

const maxAliases = 100;
const maxNames = 50;
const maxServers = 3;
const maxSearches = 32;
const maxOptions = 32;
const maxSysctls = 32;

/** Reads whom a group knows by name, and what its containers share with each other. Throws `EciError`. */
export function parseNames(
  parameters: Parameters,
): Pick<GroupSpec, 'hostAliases' | 'dns' | 'sysctls' | 'shareProcessNamespace'> {
  const hostAliases = parameters.list('HostAliase', { max: maxAliases }).map((alias) => ({
    ip: alias.required('Ip'),
    hostNames: alias.strings('Hostname', { max: maxNames, maxLength: 253 }),
  }));
  const sysctls = (parameters.object('HostSecurityContext')?.list('Sysctl', { max: maxSysctls }) ?? []).map((each) => ({
    name: each.required('Name'),
    value: each.required('Value'),
  }));
  const dns = parseDns(parameters);
  const sharesProcesses = parameters.boolean('ShareProcessNamespace') ?? false;
  return {
    ...(hostAliases.length > 0 ? { hostAliases } : {}),
    ...(dns ? { dns } : {}),
    ...(sysctls.length > 0 ? { sysctls } : {}),
    ...(sharesProcesses ? { shareProcessNamespace: true } : {}),
  };
}

function parseDns(parameters: Parameters): DnsSpec | undefined {
  const policy = parameters.word('DnsPolicy', dnsPolicies);
  const config = parameters.object('DnsConfig');
  if (!policy && !config) return undefined;
  return {
    policy: policy ?? 'ClusterFirst',
    nameServers: config?.strings('NameServer', { max: maxServers }) ?? [],
    searches: config?.strings('Search', { max: maxSearches }) ?? [],
    options: (config?.list('Option', { max: maxOptions }) ?? []).map((option) => ({
      name: option.required('Name'),
      value: option.string('Value') ?? '',
    })),
  };
}
