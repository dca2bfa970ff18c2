import {
  type ClusterDomainClaim,
  type ConfigMap,
  type Configuration,
  type CoreService,
  type DomainMapping,
  type Endpoints,
  type HorizontalPodAutoscaler,
  type Ingress,
  type KubernetesObject,
  type Pod,
  type PodAutoscaler,
  type Resource,
  type Revision,
  type Route,
  type Service,
  keys,
  resources,
  systemNamespace,
} from '@ebb/api';
import {
  type Indexer,
  type Informer,
  type InformerOptions,
  type KubeClient,
  controllerOf,
  createInformer,
} from '@ebb/kube';
import { domainMappingIndexes } from './domain-mapping/indexes.ts';
import { routeKeys } from './labeler/keys.ts';
import type { OwnWrites } from './own-writes.ts';
import { routeIndexes } from './route/indexes.ts';

/** One informer a resource, shared by all controllers. None of their objects lacks the parts that its kind cannot do without. */
export interface Informers {
  readonly services: Informer<Service>;
  readonly configurations: Informer<Configuration>;
  readonly revisions: Informer<Revision>;
  readonly routes: Informer<Route>;
  readonly domainMappings: Informer<DomainMapping>;
  readonly clusterDomainClaims: Informer<ClusterDomainClaim>;
  readonly podAutoscalers: Informer<PodAutoscaler>;
  /** Of PodAutoscalers of revisions only. */
  readonly horizontalPodAutoscalers: Informer<HorizontalPodAutoscaler>;
  readonly ingresses: Informer<Ingress>;
  readonly placeholders: Informer<CoreService>;
  /** Of headless placeholders. */
  readonly endpoints: Informer<Endpoints>;
  readonly pods: Informer<Pod>;
  readonly configMaps: Informer<ConfigMap>;
}

type Tools = Pick<InformerOptions<never>, 'clock' | 'logger' | 'random'>;

interface Wanted<T extends KubernetesObject> extends Pick<InformerOptions<T>, 'namespace' | 'labelSelector'> {
  readonly indexers?: Readonly<Record<string, Indexer<T>>>;
  /** False for an object without the parts that its kind cannot do without: admission lets none such in. Default: all pass. */
  readonly isWhole?: (object: Loose<T>) => boolean;
}

/** An object of which it is only known that the API server took it. */
type Loose<T> = T extends { spec: infer S } ? Omit<T, 'spec'> & { spec?: Partial<S> } : T;

/** The informers; their `get` also knows what has been written through `ownWrites`. */
export function createInformers(client: KubeClient, ownWrites: OwnWrites, tools: Tools): Informers {
  const inform = <T extends KubernetesObject>(resource: Resource<T>, wanted: Wanted<T> = {}): Informer<T> =>
    ownWrites.follow(resource, createWhole(client, resource, { ...tools, ...wanted }));
  return {
    services: inform(resources.services, { isWhole: ({ spec }) => spec?.template?.spec !== undefined }),
    configurations: inform(resources.configurations, {
      indexers: { route: routeKeys },
      isWhole: ({ spec }) => spec?.template?.spec !== undefined,
    }),
    revisions: inform(resources.revisions, {
      indexers: { route: routeKeys, controller: controllerUid },
      isWhole: ({ spec }) => spec?.containers !== undefined,
    }),
    routes: inform(resources.routes, { indexers: routeIndexes, isWhole: ({ spec }) => spec !== undefined }),
    domainMappings: inform(resources.domainMappings, {
      indexers: domainMappingIndexes,
      isWhole: ({ spec }) => spec?.ref !== undefined,
    }),
    clusterDomainClaims: inform(resources.clusterDomainClaims, { isWhole: ({ spec }) => spec !== undefined }),
    podAutoscalers: inform(resources.podAutoscalers, { isWhole: ({ spec }) => spec !== undefined }),
    horizontalPodAutoscalers: inform(resources.horizontalPodAutoscalers, { labelSelector: keys.revision }),
    ingresses: inform(resources.ingresses, { isWhole: ({ spec }) => spec !== undefined }),
    placeholders: inform(resources.coreServices, {
      labelSelector: keys.route,
      indexers: { controller: controllerUid },
    }),
    endpoints: inform(resources.endpoints, { labelSelector: keys.route, indexers: { controller: controllerUid } }),
    pods: inform(resources.pods, {
      labelSelector: keys.revisionUID,
      indexers: { revisionUID: ({ metadata }) => [metadata.labels?.[keys.revisionUID] ?? ''] },
    }),
    configMaps: inform(resources.configMaps, { namespace: systemNamespace }),
  };
}

/** An informer to which an object that is not whole is not there. */
function createWhole<T extends KubernetesObject>(
  client: KubeClient,
  resource: Resource<T>,
  { isWhole = () => true, indexers = {}, ...options }: Wanted<T> & Tools,
): Informer<T> {
  const passes = (object: T): boolean => isWhole(object as Loose<T>);
  const guarded = Object.entries(indexers).map(
    ([name, indexer]) => [name, (object: T) => (passes(object) ? indexer(object) : [])] as const,
  );
  const informer = createInformer(client, resource, { ...options, indexers: Object.fromEntries(guarded) });
  return {
    events: informer.events,
    synced: informer.synced,
    run: (running) => informer.run(running),
    list: (namespace) => informer.list(namespace).filter(passes),
    byIndex: (index, value) => informer.byIndex(index, value),
    get: (namespace, name) => {
      const object = informer.get(namespace, name);
      return object && passes(object) ? object : undefined;
    },
  };
}

function controllerUid(object: KubernetesObject): readonly string[] {
  return [controllerOf(object)?.uid ?? ''];
}
