import type { KubernetesObject, Resource } from '@ebb/api';

/** `service.serving.knative.dev/hello`, as kubectl names an object. */
export function nameOf(resource: Resource<KubernetesObject>, object: KubernetesObject): string {
  return `${prefixOf(resource)}${object.metadata.name ?? ''}`;
}

/** `service.serving.knative.dev/`, or `pod/` for the core group. */
export function prefixOf({ kind, group }: Resource<KubernetesObject>): string {
  return `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/`;
}
