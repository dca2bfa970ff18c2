import type { ExtraSubresource, ResourceInfo } from '../resource-info.ts';

const readWrite = ['get', 'patch', 'update'];

/** All subresources of a resource, in the order of their names. */
export function subresourcesOf(info: ResourceInfo): readonly ExtraSubresource[] {
  const subresources = [...(info.subresources ?? [])];
  if (info.status) subresources.push({ name: 'status', kind: info.kind, verbs: readWrite });
  if (info.scale)
    subresources.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: readWrite });
  return subresources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
