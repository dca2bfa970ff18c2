import { UserError } from '@ebb/base';
import { type KubernetesObject, type Resource, isNotFound } from '@ebb/api';
import type { RemoteKubeClient } from '@ebb/kube';
import { getJson } from './body.ts';

interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface Served extends ApiResource {
  readonly group: string;
  readonly version: string;
}

type AnyResource = Resource<KubernetesObject>;

/** What a server serves, asked once. */
export interface Discovery {
  /** The resource of an object's `apiVersion` and `kind`. Throws `UserError` if the server has none. */
  forObject(object: { readonly apiVersion?: string; readonly kind?: string }): AnyResource;
  /** The resources a person means by `ksvc`, `pods`, `Service.v1`, `services.serving.knative.dev`, or a category like `all`. */
  forName(name: string): readonly AnyResource[];
}

/** Asks the server for its groups, versions and resources. */
export async function discover(client: RemoteKubeClient): Promise<Discovery> {
  const { groups } = await getJson<{
    groups: { name: string; preferredVersion: { version: string }; versions: { version: string }[] }[];
  }>(client, '/apis');
  const versions = [
    { group: '', version: 'v1' },
    ...groups.flatMap(({ name, versions: all }) => all.map(({ version }) => ({ group: name, version }))),
  ];
  const served = (await Promise.all(versions.map((version) => resourcesOf(client, version)))).flat();
  return {
    forObject: ({ apiVersion = '', kind = '' }) => {
      const [version = '', group = ''] = apiVersion.split('/').reverse();
      const found = served.find((each) => each.group === group && each.version === version && each.kind === kind);
      if (!found) throw new UserError(`no matches for kind "${kind}" in version "${apiVersion}"`);
      return resourceOf(found);
    },
    forName: (name) => {
      const found = matching(served, name.toLowerCase());
      if (found.length === 0) throw new UserError(`the server doesn't have a resource type "${name}"`);
      return found;
    },
  };
}

async function resourcesOf(
  client: RemoteKubeClient,
  { group, version }: { group: string; version: string },
): Promise<Served[]> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = await getJson<{ resources: ApiResource[] }>(client, path).catch((error: unknown) => {
    if (isNotFound(error)) return { resources: [] };
    throw error;
  });
  return resources.filter(({ name }) => !name.includes('/')).map((each) => ({ ...each, group, version }));
}

function matching(served: readonly Served[], name: string): AnyResource[] {
  const [plain = '', ...group] = name.split('.');
  const named = served.filter(
    (each) =>
      (each.name === plain ||
        each.singularName === plain ||
        each.kind.toLowerCase() === plain ||
        each.shortNames?.includes(plain)) &&
      (group.length === 0 || each.group === group.join('.')),
  );
  const chosen = named.length > 0 ? named.slice(0, 1) : served.filter((each) => each.categories?.includes(name));
  return chosen.map(resourceOf);
}

function resourceOf({ group, version, name: plural, kind, namespaced }: Served): AnyResource {
  return { group, version, plural, kind, namespaced };
}

/** The path of a resource's collection, or of one object. */
export function pathOf(
  resource: AnyResource,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string | undefined },
): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const within = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base}${within}/${resource.plural}${name ? `/${encodeURIComponent(name)}` : ''}`;
}
