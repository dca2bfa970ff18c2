import type { ResourceInfo } from '../resource-info.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { defaultPod } from './pod-defaults.ts';
import { child, setDefault, setDefaults } from './set-defaults.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** Sets in place what a decoder of kube-apiserver sets in an object of a built-in kind. */
export function defaultBuiltin(object: JsonObject, info: ResourceInfo): void {
  const properties = info.schema.properties ?? {};
  if (info.verbs.includes('get')) {
    if (properties['spec']) setDefault(object, 'spec', {});
    if (info.status) setDefault(object, 'status', {});
  }
  if (Object.hasOwn(defaulters, info.kind)) defaulters[info.kind]?.(object);
}

const defaulters: Record<string, (object: JsonObject) => void> = {
  Pod: defaultPod,
  Service: defaultService,
  Secret: defaultSecret,
  Namespace: defaultNamespace,
  Node: defaultNode,
  Endpoints: (object) => {
    for (const subset of objectsOf(object['subsets']))
      for (const port of objectsOf(subset['ports'])) setDefault(port, 'protocol', 'TCP');
  },
  EndpointSlice: (object) => {
    for (const port of objectsOf(object['ports'])) setDefaults(port, { name: '', protocol: 'TCP' });
  },
  PersistentVolumeClaim: (object) => setDefault(child(object, 'spec'), 'volumeMode', 'Filesystem'),
  PersistentVolume: (object) =>
    setDefaults(child(object, 'spec'), { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' }),
  CustomResourceDefinition: defaultCrd,
  MutatingWebhookConfiguration: (object) => defaultWebhooks(object, { reinvocationPolicy: 'Never' }),
  ValidatingWebhookConfiguration: (object) => defaultWebhooks(object, {}),
  RoleBinding: defaultBinding,
  ClusterRoleBinding: defaultBinding,
  ClusterRole: (object) => setDefault(object, 'rules', []),
  Role: (object) => setDefault(object, 'rules', []),
  PriorityClass: (object) => setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority'),
  StorageClass: (object) => setDefaults(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  HorizontalPodAutoscaler: defaultHorizontalPodAutoscaler,
  LimitRange: defaultLimitRange,
  Ingress: (object) => setDefault(child(object, 'status'), 'loadBalancer', {}),
};

function defaultService(object: JsonObject): void {
  const spec = child(object, 'spec');
  setDefaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
  if (spec['sessionAffinity'] === 'ClientIP')
    setDefault(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: 10_800 } });
  for (const port of objectsOf(spec['ports'])) {
    setDefault(port, 'protocol', 'TCP');
    if (port['port'] !== undefined) setDefault(port, 'targetPort', port['port']);
  }
  setDefault(child(object, 'status'), 'loadBalancer', {});
  if (spec['type'] === 'ExternalName') return;
  setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec['type'] !== 'ClusterIP') setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
}

/** A container may have what it must not have more of, and asks for that, or for the least there must be. */
function defaultLimitRange(object: JsonObject): void {
  for (const item of objectsOf(objectOf(object['spec'])['limits'])) {
    if (item['type'] !== 'Container') continue;
    fill(item, 'default', objectOf(item['max']));
    fill(item, 'defaultRequest', { ...objectOf(item['min']), ...objectOf(item['default']) });
  }
}

/** Puts into the map under `key` what it lacks. */
function fill(object: JsonObject, key: string, values: JsonObject): void {
  if (Object.keys(values).length > 0) setDefaults(child(object, key), values);
}

/** `stringData` is for writing only: it goes into `data`, over what stands there. */
function defaultSecret(object: JsonObject): void {
  setDefault(object, 'type', 'Opaque');
  const { stringData } = object;
  if (!isObject(stringData)) return;
  const data = child(object, 'data');
  for (const [key, value] of Object.entries(stringData)) data[key] = Buffer.from(stringOf(value)).toString('base64');
  delete object['stringData'];
}

function defaultNamespace(object: JsonObject): void {
  const metadata = child(object, 'metadata');
  const name = stringOf(metadata['name']);
  const key = 'kubernetes.io/metadata.name';
  if (name !== '' && objectOf(metadata['labels'])[key] !== name)
    metadata['labels'] = { ...objectOf(metadata['labels']), [key]: name };
}

function defaultNode(object: JsonObject): void {
  const status = objectOf(object['status']);
  if (isObject(status['capacity'])) setDefault(status, 'allocatable', { ...status['capacity'] });
}

function defaultCrd(object: JsonObject): void {
  const spec = child(object, 'spec');
  setDefault(spec, 'conversion', { strategy: 'None' });
  const names = child(spec, 'names');
  const kind = stringOf(names['kind']);
  if (kind !== '') setDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
}

function defaultWebhooks(object: JsonObject, more: JsonObject): void {
  for (const webhook of objectsOf(object['webhooks'])) {
    setDefaults(webhook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...more,
    });
    for (const rule of objectsOf(webhook['rules'])) setDefault(rule, 'scope', '*');
    const { service } = objectOf(webhook['clientConfig']);
    if (isObject(service)) setDefault(service, 'port', 443);
  }
}

function defaultBinding(object: JsonObject): void {
  if (isObject(object['roleRef'])) setDefault(object['roleRef'], 'apiGroup', rbacGroup);
  for (const subject of objectsOf(object['subjects']))
    if (subject['kind'] !== 'ServiceAccount') setDefault(subject, 'apiGroup', rbacGroup);
}

function defaultHorizontalPodAutoscaler(object: JsonObject): void {
  const spec = child(object, 'spec');
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } };
  setDefaults(spec, { minReplicas: 1, metrics: [{ type: 'Resource', resource: cpu }] });
  if (!isObject(spec['behavior'])) return;
  const quick = { type: 'Percent', value: 100, periodSeconds: 15 };
  const behavior = child(spec, 'behavior');
  setDefaults(child(behavior, 'scaleUp'), {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, quick],
  });
  setDefaults(child(behavior, 'scaleDown'), { selectPolicy: 'Max', policies: [quick] });
}
