import type { HorizontalPodAutoscaler, Metric, PodAutoscaler } from './autoscaling.ts';
import type { Image } from './caching.ts';
import type { ConfigMap, CoreEvent, Lease, Namespace, Node, Pod, Secret, ServiceAccount } from './core.ts';
import type { CoreService, EndpointSlice, Endpoints } from './core-networking.ts';
import type { PersistentVolumeClaim } from './core-storage.ts';
import type { CustomResourceDefinition } from './crd.ts';
import type { KubernetesObject, Resource } from './meta.ts';
import type { Certificate, ClusterDomainClaim, Ingress, ServerlessService } from './networking.ts';
import type { Configuration, DomainMapping, Revision, Route, Service } from './serving.ts';
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from './webhooks.ts';

/** Makes the resources of one API group and version. */
const api =
  (group: string, version: string) =>
  <T extends KubernetesObject>(plural: string, kind: string, { namespaced = true } = {}): Resource<T> => ({
    group,
    version,
    plural,
    kind,
    namespaced,
  });

const core = api('', 'v1');
const discovery = api('discovery.k8s.io', 'v1');
const coordination = api('coordination.k8s.io', 'v1');
const apiExtensions = api('apiextensions.k8s.io', 'v1');
const admissionRegistration = api('admissionregistration.k8s.io', 'v1');
const serving = api('serving.knative.dev', 'v1');
const servingBeta = api('serving.knative.dev', 'v1beta1');
const horizontalScaling = api('autoscaling', 'v2');
const autoscaling = api('autoscaling.internal.knative.dev', 'v1alpha1');
const networking = api('networking.internal.knative.dev', 'v1alpha1');
const caching = api('caching.internal.knative.dev', 'v1alpha1');

interface Resources {
  readonly pods: Resource<Pod>;
  readonly nodes: Resource<Node>;
  readonly configMaps: Resource<ConfigMap>;
  readonly secrets: Resource<Secret>;
  readonly namespaces: Resource<Namespace>;
  readonly serviceAccounts: Resource<ServiceAccount>;
  readonly coreServices: Resource<CoreService>;
  readonly endpoints: Resource<Endpoints>;
  readonly persistentVolumeClaims: Resource<PersistentVolumeClaim>;
  readonly events: Resource<CoreEvent>;
  readonly endpointSlices: Resource<EndpointSlice>;
  readonly leases: Resource<Lease>;
  readonly customResourceDefinitions: Resource<CustomResourceDefinition>;
  readonly mutatingWebhookConfigurations: Resource<MutatingWebhookConfiguration>;
  readonly validatingWebhookConfigurations: Resource<ValidatingWebhookConfiguration>;
  readonly services: Resource<Service>;
  readonly configurations: Resource<Configuration>;
  readonly revisions: Resource<Revision>;
  readonly routes: Resource<Route>;
  readonly domainMappings: Resource<DomainMapping>;
  readonly podAutoscalers: Resource<PodAutoscaler>;
  readonly horizontalPodAutoscalers: Resource<HorizontalPodAutoscaler>;
  readonly metrics: Resource<Metric>;
  readonly ingresses: Resource<Ingress>;
  readonly serverlessServices: Resource<ServerlessService>;
  readonly certificates: Resource<Certificate>;
  readonly clusterDomainClaims: Resource<ClusterDomainClaim>;
  readonly images: Resource<Image>;
}

/** The resources Ebb reads and writes, by the name used in code. */
export const resources: Resources = {
  pods: core('pods', 'Pod'),
  nodes: core('nodes', 'Node', { namespaced: false }),
  configMaps: core('configmaps', 'ConfigMap'),
  secrets: core('secrets', 'Secret'),
  namespaces: core('namespaces', 'Namespace', { namespaced: false }),
  serviceAccounts: core('serviceaccounts', 'ServiceAccount'),
  coreServices: core('services', 'Service'),
  endpoints: core('endpoints', 'Endpoints'),
  persistentVolumeClaims: core('persistentvolumeclaims', 'PersistentVolumeClaim'),
  events: core('events', 'Event'),
  endpointSlices: discovery('endpointslices', 'EndpointSlice'),
  leases: coordination('leases', 'Lease'),
  customResourceDefinitions: apiExtensions('customresourcedefinitions', 'CustomResourceDefinition', {
    namespaced: false,
  }),
  mutatingWebhookConfigurations: admissionRegistration(
    'mutatingwebhookconfigurations',
    'MutatingWebhookConfiguration',
    { namespaced: false },
  ),
  validatingWebhookConfigurations: admissionRegistration(
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    { namespaced: false },
  ),
  services: serving('services', 'Service'),
  configurations: serving('configurations', 'Configuration'),
  revisions: serving('revisions', 'Revision'),
  routes: serving('routes', 'Route'),
  domainMappings: servingBeta('domainmappings', 'DomainMapping'),
  podAutoscalers: autoscaling('podautoscalers', 'PodAutoscaler'),
  horizontalPodAutoscalers: horizontalScaling('horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  metrics: autoscaling('metrics', 'Metric'),
  ingresses: networking('ingresses', 'Ingress'),
  serverlessServices: networking('serverlessservices', 'ServerlessService'),
  certificates: networking('certificates', 'Certificate'),
  clusterDomainClaims: networking('clusterdomainclaims', 'ClusterDomainClaim', { namespaced: false }),
  images: caching('images', 'Image'),
};
