import { type KubernetesObject, type Resource, StatusError, apiVersionOf, type ObjectKey } from '@ebb/api';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of a collection: of one namespace, or of all if `namespace` is left out. */
export function collectionPath(resource: Resource<KubernetesObject>, namespace?: string): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}/${apiVersionOf(resource)}${scope}/${resource.plural}`;
}

/** The path of one object. Throws `StatusError` (`BadRequest`) if its name, or a namespace it needs, is missing. */
export function objectPath(resource: Resource<KubernetesObject>, key: ObjectKey, subresource?: string): string {
  if (!key.name) throw new StatusError('BadRequest', `${resource.kind}: a name is required`);
  requireNamespace(resource, key.namespace);
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** Throws `StatusError` (`BadRequest`) if objects of `resource` live in namespaces and none is given. */
export function requireNamespace(resource: Resource<KubernetesObject>, namespace: string | undefined): void {
  if (resource.namespaced && !namespace) {
    throw new StatusError('BadRequest', `${resource.kind}: a namespace is required`);
  }
}

/** `path` with the defined ones of `query` appended. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
