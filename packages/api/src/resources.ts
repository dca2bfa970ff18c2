import type { PodAutoscaler } from './autoscaling.ts';
import type { ConfigMap, CoreEvent, CoreService, Lease, Namespace, Node, Pod, Secret } from './core.ts';
import type { KubernetesObject, Resource } from './meta.ts';
import type { Ingress } from './networking.ts';
import type { Configuration, Revision, Route, Service } from './serving.ts';

const resource = <T extends KubernetesObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
  namespaced = true,
): Resource<T> => ({ group, version, plural, kind, namespaced });

interface Resources {
  readonly pods: Resource<Pod>;
  readonly nodes: Resource<Node>;
  readonly configMaps: Resource<ConfigMap>;
  readonly secrets: Resource<Secret>;
  readonly namespaces: Resource<Namespace>;
  readonly coreServices: Resource<CoreService>;
  readonly events: Resource<CoreEvent>;
  readonly leases: Resource<Lease>;
  readonly services: Resource<Service>;
  readonly configurations: Resource<Configuration>;
  readonly revisions: Resource<Revision>;
  readonly routes: Resource<Route>;
  readonly podAutoscalers: Resource<PodAutoscaler>;
  readonly ingresses: Resource<Ingress>;
}

/** The resources Ebb reads and writes, by the name used in code. */
export const resources: Resources = {
  pods: resource<Pod>('', 'v1', 'pods', 'Pod'),
  nodes: resource<Node>('', 'v1', 'nodes', 'Node', false),
  configMaps: resource<ConfigMap>('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: resource<Secret>('', 'v1', 'secrets', 'Secret'),
  namespaces: resource<Namespace>('', 'v1', 'namespaces', 'Namespace', false),
  coreServices: resource<CoreService>('', 'v1', 'services', 'Service'),
  events: resource<CoreEvent>('', 'v1', 'events', 'Event'),
  leases: resource<Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  services: resource<Service>('serving.knative.dev', 'v1', 'services', 'Service'),
  configurations: resource<Configuration>('serving.knative.dev', 'v1', 'configurations', 'Configuration'),
  revisions: resource<Revision>('serving.knative.dev', 'v1', 'revisions', 'Revision'),
  routes: resource<Route>('serving.knative.dev', 'v1', 'routes', 'Route'),
  podAutoscalers: resource<PodAutoscaler>(
    'autoscaling.internal.knative.dev',
    'v1alpha1',
    'podautoscalers',
    'PodAutoscaler',
  ),
  ingresses: resource<Ingress>('networking.internal.knative.dev', 'v1alpha1', 'ingresses', 'Ingress'),
};
