import { describe, expect, it } from 'vitest';
import type { Schema } from '../crd.ts';
import { servingCrds } from './serving-crds.ts';

const crd = (plural: string): ReturnType<typeof servingCrds>[number] =>
  servingCrds().find(({ spec }) => spec.names.plural === plural)!;

/** Every schema within a schema, with its path. */
function* walk(schema: Schema, path = ''): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* walk(field, `${path}.${name}`);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') yield* walk(schema.additionalProperties, `${path}.*`);
}

const ready = "Ready=.status.conditions[?(@.type=='Ready')].status";
const reason = "Reason=.status.conditions[?(@.type=='Ready')].reason";
const url = 'URL=.status.url';
const created = 'LatestCreated=.status.latestCreatedRevisionName';
const latest = 'LatestReady=.status.latestReadyRevisionName';
const label = (name: string): string => `.metadata.labels['serving\\.knative\\.dev/${name}']`;

/** Resource, version, short names, categories, duck types, columns. Scope is `Namespaced` but for claims. */
const table: readonly (readonly [string, string, string[], string[], string[], string[]])[] = [
  [
    'services.serving.knative.dev',
    'v1',
    ['kservice', 'ksvc'],
    ['all', 'knative', 'serving'],
    ['addressable', 'podspecable'],
    [url, created, latest, ready, reason],
  ],
  [
    'configurations.serving.knative.dev',
    'v1',
    ['config', 'cfg'],
    ['all', 'knative', 'serving'],
    ['podspecable'],
    [created, latest, ready, reason],
  ],
  [
    'revisions.serving.knative.dev',
    'v1',
    ['rev'],
    ['all', 'knative', 'serving'],
    [],
    [
      `Config Name=${label('configuration')}`,
      `Generation=${label('configurationGeneration')}`,
      ready,
      reason,
      'Actual Replicas=.status.actualReplicas integer',
      'Desired Replicas=.status.desiredReplicas integer',
    ],
  ],
  ['routes.serving.knative.dev', 'v1', ['rt'], ['all', 'knative', 'serving'], ['addressable'], [url, ready, reason]],
  ['domainmappings.serving.knative.dev', 'v1beta1', ['dm'], ['all', 'knative', 'serving'], [], [url, ready, reason]],
  [
    'podautoscalers.autoscaling.internal.knative.dev',
    'v1alpha1',
    ['kpa', 'pa'],
    ['knative-internal', 'autoscaling'],
    [],
    ['DesiredScale=.status.desiredScale integer', 'ActualScale=.status.actualScale integer', ready, reason],
  ],
  [
    'metrics.autoscaling.internal.knative.dev',
    'v1alpha1',
    [],
    ['knative-internal', 'autoscaling'],
    [],
    [ready, reason],
  ],
  [
    'ingresses.networking.internal.knative.dev',
    'v1alpha1',
    ['kingress', 'king'],
    ['knative-internal', 'networking'],
    [],
    [ready, reason],
  ],
  [
    'serverlessservices.networking.internal.knative.dev',
    'v1alpha1',
    ['sks'],
    ['knative-internal', 'networking'],
    [],
    [
      'Mode=.spec.mode',
      'Activators=.spec.numActivators integer',
      'ServiceName=.status.serviceName',
      'PrivateServiceName=.status.privateServiceName',
      ready,
      reason,
    ],
  ],
  [
    'certificates.networking.internal.knative.dev',
    'v1alpha1',
    ['kcert'],
    ['knative-internal', 'networking'],
    [],
    [ready, reason],
  ],
  [
    'clusterdomainclaims.networking.internal.knative.dev',
    'v1alpha1',
    ['cdc'],
    ['knative-internal', 'networking'],
    [],
    [],
  ],
  ['images.caching.internal.knative.dev', 'v1alpha1', [], ['knative-internal', 'caching'], [], ['Image=.spec.image']],
];

describe('servingCrds', () => {
  it('has the kinds of the table, and no others', () => {
    expect(servingCrds().map(({ metadata }) => metadata.name)).toEqual(table.map(([name]) => name));
  });

  it.each(table)('%s is as the table says', (name, version, shortNames, categories, ducks, columns) => {
    const { metadata, spec } = servingCrds().find((each) => each.metadata.name === name)!;
    const [served] = spec.versions;
    expect(spec.versions).toHaveLength(1);
    expect(served).toMatchObject({ name: version, served: true, storage: true, subresources: { status: {} } });
    expect(served?.subresources?.scale !== undefined).toBe(spec.names.kind === 'PodAutoscaler');
    expect(spec.conversion).toEqual({ strategy: 'None' });
    expect(spec.scope).toBe(spec.names.kind === 'ClusterDomainClaim' ? 'Cluster' : 'Namespaced');
    expect([spec.names.shortNames ?? [], spec.names.categories]).toEqual([shortNames, categories]);
    const labels = Object.fromEntries(ducks.map((duck) => [`duck.knative.dev/${duck}`, 'true']));
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/name': 'ebb', 'knative.dev/crd-install': 'true', ...labels });
    const shown = (served?.additionalPrinterColumns ?? []).map(
      (column) => `${column.name}=${column.jsonPath}${column.type === 'string' ? '' : ` ${column.type}`}`,
    );
    expect(shown).toEqual(columns);
  });

  it.each(servingCrds().map((each) => [each.metadata.name, each] as const))(
    '%s explains every field',
    (_, { spec }) => {
      const schema = spec.versions[0]?.schema?.openAPIV3Schema ?? {};
      const silent = [...walk(schema)].filter(
        ([path, field]) => !field.description && path !== '' && !path.endsWith('.*'),
      );
      expect(silent).toEqual([]);
    },
  );

  it.each(servingCrds().map((each) => [each.metadata.name, each] as const))(
    '%s has a structural schema',
    (_, { spec }) => {
      for (const [path, field] of walk(spec.versions[0]?.schema?.openAPIV3Schema ?? {})) {
        expect([path, field.type !== undefined || field['x-kubernetes-int-or-string'] === true]).toEqual([path, true]);
        const mapKeys = field['x-kubernetes-list-map-keys'] ?? [];
        for (const key of mapKeys) expect(field.items?.properties).toHaveProperty(key);
      }
    },
  );
});

/** The schema at a path of the Service, `[]` for items. */
function at(path: string): Schema {
  const root = crd('services').spec.versions[0]?.schema?.openAPIV3Schema ?? {};
  return path
    .split('.')
    .reduce<Schema>((schema, name) => (name === '[]' ? (schema.items ?? {}) : (schema.properties?.[name] ?? {})), root);
}

describe('the schema of a template', () => {
  const pod = 'spec.template.spec';
  const container = `${pod}.containers.[]`;
  const everything = [...walk(at('spec.template'), 'spec.template')];
  const paths = (holds: (schema: Schema) => boolean): string[] =>
    everything.filter(([, schema]) => holds(schema)).map(([path]) => path.replace(`${pod}.`, ''));

  it('keeps unknown fields of metadata, and of what stands behind a feature flag', () => {
    expect(paths((schema) => schema['x-kubernetes-preserve-unknown-fields'] === true).sort()).toEqual(
      [
        'affinity',
        'containers[].env[].valueFrom.fieldRef',
        'containers[].env[].valueFrom.resourceFieldRef',
        'dnsConfig',
        'hostAliases[]',
        'initContainers[]',
        'securityContext',
        'spec.template.metadata',
        'tolerations[]',
        'topologySpreadConstraints[]',
        ...['csi', 'emptyDir', 'ephemeral', 'hostPath', 'image', 'persistentVolumeClaim'].map(
          (source) => `volumes[].${source}`,
        ),
      ].sort(),
    );
  });

  it('merges lists by their keys, and takes others as a whole', () => {
    const byKey = everything.flatMap(
      ([path, schema]) =>
        schema['x-kubernetes-list-map-keys']?.map((key) => `${path.replace(`${pod}.`, '')} by ${key}`) ?? [],
    );
    expect(byKey.sort()).toEqual([
      'containers[].env by name',
      'containers[].volumeMounts by mountPath',
      'imagePullSecrets by name',
      'volumes by name',
    ]);
    for (const list of ['args', 'command', 'envFrom', 'securityContext.capabilities.add']) {
      expect(at(`${container}.${list}`)['x-kubernetes-list-type']).toBe('atomic');
    }
    for (const source of ['configMap.items', 'secret.items', 'projected.sources']) {
      expect(at(`${pod}.volumes.[].${source}`)['x-kubernetes-list-type']).toBe('atomic');
    }
    expect(at(`${container}.ports`)).not.toHaveProperty('x-kubernetes-list-type');
    expect(at(`${pod}.containers`)).not.toHaveProperty('x-kubernetes-list-type');
  });

  it('defaults as Knative’s, and requires containers, not the number of a port', () => {
    expect(paths((schema) => schema.default !== undefined).sort()).toEqual(
      [
        'containers[].env[].valueFrom.configMapKeyRef.name',
        'containers[].env[].valueFrom.secretKeyRef.name',
        'containers[].envFrom[].configMapRef.name',
        'containers[].envFrom[].secretRef.name',
        ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => `containers[].${probe}.grpc.service`),
        'containers[].ports[].protocol',
        'imagePullSecrets[].name',
        'volumes[].configMap.name',
        'volumes[].projected.sources[].configMap.name',
        'volumes[].projected.sources[].secret.name',
      ].sort(),
    );
    expect(at(`${container}.ports.[].protocol`).default).toBe('TCP');
    expect(at(pod).required).toEqual(['containers']);
    expect(at(`${container}.ports.[]`)).not.toHaveProperty('required');
  });

  it('prunes what no Revision may have', () => {
    for (const field of ['lifecycle', 'stdin', 'tty', 'volumeDevices', 'restartPolicy', 'resizePolicy']) {
      expect(at(container).properties).not.toHaveProperty(field);
    }
    expect(at(`${container}.ports.[]`).properties).not.toHaveProperty('hostPort');
    expect(at(`${container}.readinessProbe`).properties).not.toHaveProperty('terminationGracePeriodSeconds');
    expect(at(`${container}.volumeMounts.[]`).properties).not.toHaveProperty('subPathExpr');
    expect(at(`${pod}.volumes.[].projected.sources.[].secret`).properties).not.toHaveProperty('defaultMode');
    expect(at(pod).properties).not.toHaveProperty('nodeName');
  });
});
