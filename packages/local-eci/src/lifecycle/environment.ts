import type { ContainerSpec, GroupSpec } from '../model.ts';

const maxHostName = 63;

/** What a group is called within: what it asked for, else its own name. */
export function hostNameOf({ name, labels: { HostName } }: GroupSpec): string {
  return (HostName ?? name).slice(0, maxHostName).replace(/-+$/, '');
}

/**
 * The variables a container asks for, with the group's address where they refer to it. Of those that come later only references
 * to these are filled in, as in `http://$(POD_IP):80`, or are none, as in `$$(POD_IP)`; whoever made the group has expanded all others.
 */
export function ownVariables({ env }: ContainerSpec, ip: string): Record<string, string> {
  const addresses = new Set<string>();
  const fillIn = (whole: string, signs: string, name: string): string => {
    if (!addresses.has(name)) return whole;
    const dollars = signs.slice(Math.ceil(signs.length / 2));
    return signs.length % 2 === 0 ? `${dollars}(${name})` : dollars + ip;
  };
  const entries = env.map(({ key, value, fieldPath }) => {
    if (fieldPath) addresses.add(key);
    else addresses.delete(key);
    return [key, fieldPath ? ip : value.replaceAll(/(\$+)\(([^()]+)\)/g, fillIn)] as const;
  });
  return Object.fromEntries(entries);
}
