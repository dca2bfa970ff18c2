import type { ResourceInfo } from '../resource-info.ts';

export interface GroupVersion {
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
}

export interface Group {
  /** `''` for the core group. */
  readonly name: string;
  /** The preferred version first. */
  readonly versions: readonly GroupVersion[];
}

/** Resources by group and version. Groups keep the order in which they first appear. */
export function groupsOf(resources: readonly ResourceInfo[]): readonly Group[] {
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(resource.group, versions);
    const list = versions.get(resource.version) ?? [];
    versions.set(resource.version, list);
    list.push(resource);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions]
      .map(([version, list]) => ({ version, resources: list.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)) }))
      .toSorted((a, b) => compareVersions(a.version, b.version)),
  }));
}

/**
 * Kubernetes' order of versions, the most wanted first: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then whatever is
 * not of that form, by the alphabet.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : Number(a > b);
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

const stages = ['alpha', 'beta', ''];

function rank(version: string): readonly number[] | undefined {
  const [, major, stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return major === undefined ? undefined : [stages.indexOf(stage), Number(major), Number(minor)];
}
