import type { Schema } from '../crd.ts';
import { containerSchema } from '../crds/container-schema.ts';
import { ingressSpec } from '../crds/ingress-schema.ts';
import { anyObject, flag, int64, intOrString, list, object, text, textMap } from '../crds/schema.ts';
import { trafficSchema } from '../crds/status-schema.ts';
import { revisionSpecSchema } from '../crds/template-schema.ts';
import { certificateSpec, metricSpec, podAutoscalerSpec, serverlessServiceSpec } from '../crds/internal-kinds.ts';
import { domainMappingSpec } from '../crds/serving-kinds.ts';

/**
 * The JSON types of what admission reads. They are the CRDs' schemas, and beyond: the CRDs leave open what stands behind a feature
 * flag, and say nothing of metadata.
 */

const key = object('', { key: text(''), path: text('') }, { required: ['key', 'path'] });
const fieldFile = object('', { path: text(''), fieldRef: anyObject(''), resourceFieldRef: anyObject('') });

/** Containers always have a name and resources, if empty ones: so does every API server write them. */
const container: Schema = { ...containerSchema, required: ['name', 'resources'] };

function withProperties(schema: Schema, properties: Record<string, Schema>): Schema {
  return { ...schema, properties: { ...schema.properties, ...properties } };
}

const projection = object('', {
  configMap: object('', { name: text(''), items: list('', key) }),
  secret: object('', { name: text(''), items: list('', key) }),
  serviceAccountToken: object('', { path: text('') }),
  downwardAPI: object('', { items: list('', fieldFile) }),
});

const volume = object(
  '',
  {
    name: text(''),
    configMap: object('', { name: text(''), items: list('', key) }),
    secret: object('', { secretName: text(''), items: list('', key) }),
    projected: object('', { sources: list('', projection) }),
    emptyDir: object('', { medium: text(''), sizeLimit: intOrString('') }),
    persistentVolumeClaim: object('', { claimName: text(''), readOnly: flag('') }),
    image: object('', { reference: text(''), pullPolicy: text('') }),
    hostPath: anyObject(''),
    csi: anyObject(''),
    ephemeral: anyObject(''),
  },
  { required: ['name'] },
);

const podSecurityContext = object('', {
  runAsUser: int64(''),
  runAsGroup: int64(''),
  runAsNonRoot: flag(''),
  fsGroup: int64(''),
  supplementalGroups: list('', int64('')),
  seccompProfile: object('', { type: text('') }),
});

const revisionSpec = withProperties(revisionSpecSchema, {
  containers: list('', container),
  initContainers: list('', container),
  volumes: list('', volume),
  securityContext: podSecurityContext,
});

const metadata = object('', {
  name: text(''),
  generateName: text(''),
  namespace: text(''),
  labels: textMap(''),
  annotations: textMap(''),
  finalizers: list('', text('')),
  ownerReferences: list('', object('', { apiVersion: text(''), kind: text(''), name: text(''), uid: text('') })),
});

const template = object('', { metadata, spec: revisionSpec }, { required: ['metadata', 'spec'] });
const traffic = list('', trafficSchema);

const kind = (spec: Schema): Schema =>
  object('', { apiVersion: text(''), kind: text(''), metadata, spec }, { required: ['metadata', 'spec'] });
const withTemplate = { required: ['template'] };

export const serviceShape: Schema = kind(object('', { template, traffic }, withTemplate));
export const configurationShape: Schema = kind(object('', { template }, withTemplate));
export const revisionShape: Schema = kind(revisionSpec);
export const routeShape: Schema = kind(object('', { traffic }));
export const domainMappingShape: Schema = kind(domainMappingSpec);
export const podAutoscalerShape: Schema = kind(podAutoscalerSpec);
export const metricShape: Schema = kind(metricSpec);
export const ingressShape: Schema = kind(ingressSpec);
export const serverlessServiceShape: Schema = kind(serverlessServiceSpec);
export const certificateShape: Schema = kind(certificateSpec);
export const configMapShape: Schema = object('', { metadata, data: textMap('') }, { required: ['metadata'] });
