import type { Schema } from '../crd.ts';
import { ingressSpec, ingressStatus } from './ingress-schema.ts';
import { type Kind, column, readyColumns } from './kind.ts';
import { int32, int64, intOrString, list, object, text } from './schema.ts';

const internal = (area: string): Pick<Kind, 'group' | 'version' | 'categories'> => ({
  group: `${area}.internal.knative.dev`,
  version: 'v1alpha1',
  categories: ['knative-internal', area],
});
const autoscaling = internal('autoscaling');
const networking = internal('networking');
const caching = internal('caching');

const protocolType = text('http1 or h2c.');
const target = (description: string): Schema =>
  object(
    description,
    { apiVersion: text('Its API version.'), kind: text('Its kind.'), name: text('Its name.') },
    { 'x-kubernetes-map-type': 'atomic' },
  );

/** What a PodAutoscaler asks for. */
export const podAutoscalerSpec: Schema = object(
  'Whose instances to count, and for what load.',
  {
    containerConcurrency: int64('Requests an instance gets at once; 0 means any number.'),
    protocolType,
    replicas: int32(
      'Instances wanted, in class hpa: what a HorizontalPodAutoscaler sets. Other classes do not look at it.',
    ),
    reachability: text('Whether a Route refers to the Revision: Reachable, Unreachable, or empty if not known.'),
    scaleTargetRef: target('What is scaled.'),
  },
  { required: ['protocolType', 'scaleTargetRef'] },
);

const podAutoscalerStatus: Record<string, Schema> = {
  serviceName: text('Name under which the Revision is reached.'),
  metricsServiceName: text('Name under which its numbers are reached.'),
  desiredScale: int32('Instances wanted.'),
  actualScale: int32('Instances that are ready.'),
  selector: text('Which Pods are those instances, as a label selector.'),
};

/** What a ServerlessService asks for. */
export const serverlessServiceSpec: Schema = object(
  'How requests reach the instances.',
  {
    mode: text('Serve: requests go to the instances. Proxy: by way of an activator.'),
    objectRef: target('What has the instances.'),
    protocolType,
    numActivators: int32('How many activators to use; 0 means all.'),
  },
  { required: ['objectRef', 'protocolType'] },
);

/** What a Certificate asks for. */
export const certificateSpec: Schema = object(
  'For which hosts, and where it goes.',
  {
    dnsNames: list('The hosts.', text('A host; *.<domain> for all below a domain.')),
    domain: text('The domain they are of.'),
    secretName: text('The Secret it is put into.'),
  },
  { required: ['dnsNames', 'secretName'] },
);

const certificateStatus: Record<string, Schema> = {
  notAfter: text('When it expires.', { format: 'date-time' }),
  http01Challenges: list(
    'Challenges that are being answered.',
    object('A challenge.', {
      url: text('Where it is asked for.'),
      serviceName: text('The Service that answers.'),
      serviceNamespace: text('Its namespace.'),
      servicePort: intOrString('Its port.'),
    }),
  ),
};

/** What a Metric asks for. */
export const metricSpec: Schema = object(
  'What is measured, and over which time.',
  {
    scrapeTarget: text('The Service whose instances are measured.'),
    stableWindow: int64('Nanoseconds averaged in the ordinary.'),
    panicWindow: int64('Nanoseconds averaged when the load rises fast.'),
  },
  { required: ['panicWindow', 'scrapeTarget', 'stableWindow'] },
);

const claimSpec = object(
  'Who may use the domain.',
  { namespace: text('The namespace whose DomainMappings may use it.') },
  { required: ['namespace'] },
);

const imageSpec = object(
  'Which image.',
  {
    image: text('The image.'),
    imagePullSecrets: list(
      'Secrets to pull it with.',
      object('A Secret.', { name: text('Its name.', { default: '' }) }, { 'x-kubernetes-map-type': 'atomic' }),
    ),
    serviceAccountName: text('The service account whose Secrets to pull it with.'),
  },
  { required: ['image'] },
);

/** What controllers, gateways and autoscalers tell each other by (serving-api.md, section 1). */
export const internalKinds: readonly Kind[] = [
  {
    ...autoscaling,
    kind: 'PodAutoscaler',
    plural: 'podautoscalers',
    shortNames: ['kpa', 'pa'],
    description: 'How many instances a Revision has.',
    spec: podAutoscalerSpec,
    status: podAutoscalerStatus,
    columns: [
      column('DesiredScale', '.status.desiredScale', 'integer'),
      column('ActualScale', '.status.actualScale', 'integer'),
      ...readyColumns,
    ],
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.actualScale',
      labelSelectorPath: '.status.selector',
    },
  },
  {
    ...autoscaling,
    kind: 'Metric',
    plural: 'metrics',
    description: 'What is measured of a Revision.',
    spec: metricSpec,
    columns: readyColumns,
  },
  {
    ...networking,
    kind: 'Ingress',
    plural: 'ingresses',
    shortNames: ['kingress', 'king'],
    description: 'Hosts and paths, and the revisions behind them: what the gateway serves.',
    spec: ingressSpec,
    status: ingressStatus,
    columns: readyColumns,
  },
  {
    ...networking,
    kind: 'ServerlessService',
    plural: 'serverlessservices',
    shortNames: ['sks'],
    description: 'How requests reach the instances of a Revision. Ebb makes none: its gateway holds requests itself.',
    spec: serverlessServiceSpec,
    status: {
      serviceName: text('The Service requests go to.'),
      privateServiceName: text('The Service of the instances.'),
    },
    columns: [
      column('Mode', '.spec.mode'),
      column('Activators', '.spec.numActivators', 'integer'),
      column('ServiceName', '.status.serviceName'),
      column('PrivateServiceName', '.status.privateServiceName'),
      ...readyColumns,
    ],
  },
  {
    ...networking,
    kind: 'Certificate',
    plural: 'certificates',
    shortNames: ['kcert'],
    description: 'A certificate for some hosts.',
    spec: certificateSpec,
    status: certificateStatus,
    columns: readyColumns,
  },
  {
    ...networking,
    kind: 'ClusterDomainClaim',
    plural: 'clusterdomainclaims',
    scope: 'Cluster',
    shortNames: ['cdc'],
    description: 'Which namespace may use the domain it is named by.',
    spec: claimSpec,
  },
  {
    ...caching,
    kind: 'Image',
    plural: 'images',
    description: 'An image that nodes may fetch ahead of its use.',
    spec: imageSpec,
    columns: [column('Image', '.spec.image')],
  },
];
