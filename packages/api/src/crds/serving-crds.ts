import type { CustomResourceDefinition, PrinterColumn, Schema } from '../crd.ts';
import { ingressSpec, ingressStatus } from './ingress-schema.ts';
import { int64, list, object, text } from './schema.ts';
import { commonStatus, configurationStatus, revisionStatus, routeStatus, trafficSchema } from './status-schema.ts';
import { revisionSpecSchema, templateSchema } from './template-schema.ts';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly ducks?: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Record<string, Schema>;
  readonly columns: readonly PrinterColumn[];
}

const column = (name: string, jsonPath: string, type = 'string'): PrinterColumn => ({ name, type, jsonPath });
const url = column('URL', '.status.url');
const latestCreated = column('LatestCreated', '.status.latestCreatedRevisionName');
const latestReady = column('LatestReady', '.status.latestReadyRevisionName');
const ready = [
  column('Ready', ".status.conditions[?(@.type=='Ready')].status"),
  column('Reason', ".status.conditions[?(@.type=='Ready')].reason"),
];

const serving = { group: 'serving.knative.dev', version: 'v1', categories: ['all', 'knative', 'serving'] };
const traffic = list('How the traffic is split; all of it to the latest ready Revision if left out.', trafficSchema);

/** What a PodAutoscaler asks for. */
export const podAutoscalerSpec: Schema = object(
  'Whose instances to count, and for what load.',
  {
    containerConcurrency: int64('Requests an instance gets at once; 0 means any number.'),
    protocolType: text('http1 or h2c.'),
    reachability: text('Whether a Route refers to the Revision: Reachable, Unreachable, or empty if not known.'),
    scaleTargetRef: object(
      'What is scaled.',
      { apiVersion: text('Its API version.'), kind: text('Its kind.'), name: text('Its name.') },
      { 'x-kubernetes-map-type': 'atomic' },
    ),
  },
  { required: ['protocolType', 'scaleTargetRef'] },
);

const podAutoscalerStatus: Record<string, Schema> = {
  serviceName: text('Name under which the Revision is reached.'),
  metricsServiceName: text('Name under which its numbers are reached.'),
  desiredScale: { type: 'integer', format: 'int32', description: 'Instances wanted.' },
  actualScale: { type: 'integer', format: 'int32', description: 'Instances that are ready.' },
};

/** What Ebb serves (serving-api.md, section 1). */
const kinds: readonly Kind[] = [
  {
    ...serving,
    kind: 'Service',
    plural: 'services',
    shortNames: ['kservice', 'ksvc'],
    ducks: ['addressable', 'podspecable'],
    description: 'An HTTP service: what its instances run, and who gets how much of its traffic.',
    spec: object('What is wanted.', { template: templateSchema, traffic }),
    status: { ...configurationStatus, ...routeStatus },
    columns: [url, latestCreated, latestReady, ...ready],
  },
  {
    ...serving,
    kind: 'Configuration',
    plural: 'configurations',
    shortNames: ['config', 'cfg'],
    ducks: ['podspecable'],
    description: 'What instances run; each change makes a Revision.',
    spec: object('What is wanted.', { template: templateSchema }),
    status: configurationStatus,
    columns: [latestCreated, latestReady, ...ready],
  },
  {
    ...serving,
    kind: 'Revision',
    plural: 'revisions',
    shortNames: ['rev'],
    description: 'One version of what instances run; it never changes.',
    spec: revisionSpecSchema,
    status: revisionStatus,
    columns: [
      column('Config Name', ".metadata.labels['serving\\.knative\\.dev/configuration']"),
      column('Generation', ".metadata.labels['serving\\.knative\\.dev/configurationGeneration']"),
      ...ready,
      column('Actual Replicas', '.status.actualReplicas', 'integer'),
      column('Desired Replicas', '.status.desiredReplicas', 'integer'),
    ],
  },
  {
    ...serving,
    kind: 'Route',
    plural: 'routes',
    shortNames: ['rt'],
    ducks: ['addressable'],
    description: 'A host, and the Revisions that get its requests.',
    spec: object('What is wanted.', { traffic }),
    status: routeStatus,
    columns: [url, ...ready],
  },
  {
    group: 'autoscaling.internal.knative.dev',
    version: 'v1alpha1',
    kind: 'PodAutoscaler',
    plural: 'podautoscalers',
    shortNames: ['kpa', 'pa'],
    categories: ['knative-internal', 'autoscaling'],
    description: 'How many instances a Revision has.',
    spec: podAutoscalerSpec,
    status: podAutoscalerStatus,
    columns: [
      column('DesiredScale', '.status.desiredScale', 'integer'),
      column('ActualScale', '.status.actualScale', 'integer'),
      ...ready,
    ],
  },
  {
    group: 'networking.internal.knative.dev',
    version: 'v1alpha1',
    kind: 'Ingress',
    plural: 'ingresses',
    shortNames: ['kingress', 'king'],
    categories: ['knative-internal', 'networking'],
    description: 'Hosts and paths, and the revisions behind them: what the gateway serves.',
    spec: ingressSpec,
    status: ingressStatus,
    columns: ready,
  },
];

/** The CustomResourceDefinitions of the kinds Ebb serves (serving-api.md, section 1). */
export function servingCrds(): readonly CustomResourceDefinition[] {
  return kinds.map(makeCrd);
}

function makeCrd({
  group,
  version,
  kind,
  plural,
  shortNames,
  categories,
  ducks = [],
  description,
  spec,
  status,
  columns,
}: Kind): CustomResourceDefinition {
  const duckLabels = Object.fromEntries(ducks.map((duck) => [`duck.knative.dev/${duck}`, 'true']));
  const schema = {
    type: 'object',
    description,
    properties: { spec, status: object('What is so now.', { ...commonStatus, ...status }) },
  } as const;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': 'ebb', 'knative.dev/crd-install': 'true', ...duckLabels },
    },
    spec: {
      group,
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        shortNames: [...shortNames],
        categories: [...categories],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...columns],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}
