import type { Schema } from '@ebb/api';

/** What strategic merge and server-side apply need to know of a list or map, and OpenAPI does not say by itself. */
export type Extension = Pick<
  Schema,
  | 'x-kubernetes-list-type'
  | 'x-kubernetes-list-map-keys'
  | 'x-kubernetes-map-type'
  | 'x-kubernetes-patch-strategy'
  | 'x-kubernetes-patch-merge-key'
>;

const atomicList: Extension = { 'x-kubernetes-list-type': 'atomic' };
const atomicMap: Extension = { 'x-kubernetes-map-type': 'atomic' };
const mergedSet: Extension = { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' };

/** A list of objects told apart by `keys`; strategic merge goes by the first of them. */
function mapBy(...keys: string[]): Extension {
  return {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': keys[0] ?? '',
  };
}

/** As `mapBy`; an element of a patch may say which keys it keeps (`$retainKeys`). */
const retaining = (key: string): Extension => ({
  ...mapBy(key),
  'x-kubernetes-patch-strategy': 'merge,retainKeys',
});

const container = {
  ports: mapBy('containerPort', 'protocol'),
  env: mapBy('name'),
  volumeMounts: mapBy('mountPath'),
  volumeDevices: mapBy('devicePath'),
};

/** By class and field. A list that is not named is replaced as a whole, as if it were atomic. */
export const fieldExtensions: Readonly<Record<string, Record<string, Extension>>> = {
  V1ObjectMeta: { ownerReferences: mapBy('uid'), finalizers: mergedSet, managedFields: atomicList },
  V1PodSpec: {
    volumes: retaining('name'),
    initContainers: mapBy('name'),
    containers: mapBy('name'),
    ephemeralContainers: mapBy('name'),
    imagePullSecrets: mapBy('name'),
    hostAliases: mapBy('ip'),
    topologySpreadConstraints: mapBy('topologyKey', 'whenUnsatisfiable'),
    schedulingGates: mapBy('name'),
    resourceClaims: retaining('name'),
    nodeSelector: atomicMap,
  },
  V1PodStatus: {
    conditions: mapBy('type'),
    podIPs: mapBy('ip'),
    hostIPs: { ...atomicList, 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'ip' },
    resourceClaimStatuses: retaining('name'),
  },
  V1Container: container,
  V1EphemeralContainer: container,
  V1ResourceRequirements: {
    claims: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
  },
  V1ServiceSpec: { ports: mapBy('port', 'protocol'), selector: atomicMap },
  V1ContainerStatus: {
    allocatedResourcesStatus: mapBy('name'),
    volumeMounts: mapBy('mountPath'),
  },
  V1ResourceStatus: { resources: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['resourceID'] } },
  V1ServiceStatus: { conditions: mapBy('type') },
  V1ServiceAccount: { secrets: mapBy('name') },
  V1NodeSpec: { podCIDRs: mergedSet, taints: atomicList },
  V1NodeStatus: { conditions: mapBy('type'), addresses: mapBy('type') },
  V1NamespaceStatus: { conditions: mapBy('type') },
  V1PersistentVolumeClaimStatus: { conditions: mapBy('type') },
  V1Endpoint: { addresses: { 'x-kubernetes-list-type': 'set' } },
  V1CustomResourceDefinitionStatus: {
    conditions: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
  },
  V1MutatingWebhookConfiguration: { webhooks: mapBy('name') },
  V1ValidatingWebhookConfiguration: { webhooks: mapBy('name') },
  V1MutatingWebhook: { matchConditions: mapBy('name') },
  V1ValidatingWebhook: { matchConditions: mapBy('name') },
  V1PodDisruptionBudgetStatus: { conditions: mapBy('type') },
  V2HorizontalPodAutoscalerSpec: { metrics: atomicList },
  V2HPAScalingRules: { policies: atomicList },
  V2HorizontalPodAutoscalerStatus: { conditions: mapBy('type'), currentMetrics: atomicList },
};

/** Classes whose objects are set or taken as a whole. */
export const atomicClasses: ReadonlySet<string> = new Set([
  'V1OwnerReference',
  'V1ScopeSelector',
  'V1LabelSelector',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1SecretKeySelector',
  'V1ConfigMapKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1LocalObjectReference',
  'V1ObjectReference',
  'V1TypedLocalObjectReference',
  'V1SecretReference',
  'V1ScopedResourceSelectorRequirement',
  'V1TopologySelectorTerm',
  'V1EndpointAddress',
  'CoreV1EndpointPort',
  'DiscoveryV1EndpointPort',
  'V1RoleRef',
  'RbacV1Subject',
  'V1ServiceBackendPort',
]);

/** Fields that hold an amount (`500m`, `1Gi`), or a map of them. */
export const quantityFields: Readonly<Record<string, readonly string[]>> = {
  V1ResourceRequirements: ['limits', 'requests'],
  V1VolumeResourceRequirements: ['limits', 'requests'],
  V1PodSpec: ['overhead'],
  V2HPAScalingRules: ['tolerance'],
  V2MetricTarget: ['value', 'averageValue'],
  V2MetricValueStatus: ['value', 'averageValue'],
  V1ContainerStatus: ['allocatedResources'],
  V1NodeStatus: ['capacity', 'allocatable'],
  V1PersistentVolumeSpec: ['capacity'],
  V1PersistentVolumeClaimStatus: ['capacity', 'allocatedResources'],
  V1ResourceQuotaSpec: ['hard'],
  V1ResourceQuotaStatus: ['hard', 'used'],
  V1LimitRangeItem: ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'],
  V1EmptyDirVolumeSource: ['sizeLimit'],
  V1ResourceFieldSelector: ['divisor'],
};
