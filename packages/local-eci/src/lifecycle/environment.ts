import type { ContainerSpec, GroupSpec } from '../model.ts';

const maxHostName = 63;

/** What a group is called within: what it asked for, else its own name. */
export function hostNameOf({ name, labels: { HostName } }: GroupSpec): string {
  return (HostName ?? name).slice(0, maxHostName).replace(/-+$/, '');
}

/**
 * The variables a container asks for, with the group's address where they refer to it. Of those that come later only references
 * to these are filled in, as in `http://$(POD_IP):80`; whoever made the group has expanded all others.
 */
export function ownVariables({ env }: ContainerSpec, ip: string): Record<string, string> {
  const filled = new Map<string, string>();
  const entries = env.map(({ key, value, fieldPath }) => {
    const text = fieldPath
      ? ip
      : value.replaceAll(/\$\(([^()]+)\)/g, (whole, name: string) => filled.get(name) ?? whole);
    if (text === value) filled.delete(key);
    else filled.set(key, text);
    return [key, text] as const;
  });
  return Object.fromEntries(entries);
}
