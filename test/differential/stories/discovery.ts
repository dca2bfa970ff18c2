import { type Story, get } from '../story.ts';

interface Resource {
  name: string;
  kind: string;
}

interface ResourceList {
  resources: Resource[];
}

/** The resources of a version that Ebb serves: a cluster has more. */
const only =
  (...names: string[]) =>
  ({ resources, ...rest }: ResourceList): object => ({
    ...rest,
    resources: Object.fromEntries(
      resources
        .filter(({ name }) => names.length === 0 || names.includes(name))
        .map((each) => [each.name, { ...each, storageVersionHash: undefined }]),
    ),
  });

interface Aggregated {
  items: { metadata: { name: string }; versions: { version: string; resources: { resource: string }[] }[] }[];
}

const aggregated =
  (group: string, ...names: string[]) =>
  ({ items, ...rest }: Aggregated): object => ({
    ...rest,
    items: items
      .filter(({ metadata }) => (metadata.name ?? '') === group)
      .map(({ metadata, versions }) => ({
        name: metadata.name,
        versions: versions
          .filter(({ version }) => version === 'v1')
          .map((version) => ({
            ...version,
            resources: Object.fromEntries(
              version.resources.filter(({ resource }) => names.includes(resource)).map((each) => [each.resource, each]),
            ),
          })),
      })),
  });

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** What the server tells of itself. */
export const discovery: readonly Story[] = [
  {
    name: 'discovery',
    steps: [
      get('versions of the core', '/api', {
        show: ({ kind, versions }: { kind: string; versions: string[] }) => ({ kind, versions }),
      }),
      get('the core', '/api/v1', {
        show: only(
          'configmaps',
          'namespaces',
          'namespaces/status',
          'namespaces/finalize',
          'nodes',
          'pods',
          'pods/status',
          'pods/log',
          'pods/binding',
          'pods/eviction',
          'secrets',
          'services',
          'services/status',
          'serviceaccounts',
          'serviceaccounts/token',
          'events',
          'endpoints',
          'resourcequotas',
          'limitranges',
          'persistentvolumeclaims',
          'persistentvolumes',
          'bindings',
        ),
      }),
      get('groups', '/apis', {
        show: ({ kind, groups }: { kind: string; groups: { name: string }[] }) => ({
          kind,
          group: groups.find(({ name }) => name === 'coordination.k8s.io'),
        }),
      }),
      get('leases', '/apis/coordination.k8s.io/v1', { show: only('leases') }),
      get('roles', '/apis/rbac.authorization.k8s.io/v1', { show: only() }),
      get('reviews', '/apis/authorization.k8s.io/v1', {
        show: only('selfsubjectaccessreviews', 'subjectaccessreviews'),
      }),
      get('of definitions', '/apis/apiextensions.k8s.io/v1', { show: only() }),
      get('an unknown group', '/apis/nope.example.com'),
      get('an unknown version', '/apis/coordination.k8s.io/v9'),
      get('all at once', '/apis', { accept: v2, show: aggregated('coordination.k8s.io', 'leases') }),
      get('the core at once', '/api', {
        accept: v2,
        show: aggregated('', 'configmaps', 'secrets', 'namespaces'),
      }),
      get('the version', '/version', {
        show: ({ major, minor }: { major: string; minor: string }) => ({ major, minor }),
      }),
      get('health', '/healthz'),
      get('life', '/livez'),
      get('readiness', '/readyz'),
      get('paths', '/', {
        show: ({ paths }: { paths: string[] }) =>
          [
            '/api',
            '/api/v1',
            '/apis',
            '/apis/coordination.k8s.io',
            '/openapi/v2',
            '/openapi/v3',
            '/version',
            '/healthz',
          ].filter((path) => !paths.includes(path)),
      }),
      get('nothing', '/nope'),
      get('OpenAPI v3', '/openapi/v3', {
        show: ({ paths }: { paths: Record<string, { serverRelativeURL: string }> }) =>
          Object.keys(paths).filter((path) => ['api/v1', 'apis/coordination.k8s.io/v1'].includes(path)),
      }),
      get('OpenAPI v3 of leases', '/openapi/v3/apis/coordination.k8s.io/v1', {
        show: ({
          openapi,
          paths,
          components,
        }: {
          openapi: string;
          paths: object;
          components: { schemas: object };
        }) => ({
          openapi,
          paths: Object.keys(paths).filter((path) => /namespaces/.test(path) && !/candidates|watch/.test(path)),
          schemas: Object.keys(components.schemas)
            .filter((name) => name.includes('Lease') && !name.includes('Candidate'))
            .sort(),
        }),
      }),
      get('OpenAPI v2', '/openapi/v2', {
        show: ({ swagger, definitions }: { swagger: string; definitions: Record<string, object> }) => ({
          swagger,
          has: ['io.k8s.api.core.v1.Pod', 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'].filter(
            (name) => name in definitions,
          ),
        }),
      }),
    ],
  },
];
