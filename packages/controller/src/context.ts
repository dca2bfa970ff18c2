import type {
  ClusterDomainClaim,
  ConfigMap,
  Configuration,
  CoreService,
  DomainMapping,
  Endpoints,
  Ingress,
  Pod,
  PodAutoscaler,
  Revision,
  Route,
  Service,
} from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { EventRecorder, Informer, KubeClient, Reconciler } from '@ebb/kube';
import type { Observable } from 'rxjs';
import type { ConfigStore } from './config-store.ts';

/** One informer a resource, shared by all controllers. */
export interface Informers {
  readonly services: Informer<Service>;
  readonly configurations: Informer<Configuration>;
  readonly revisions: Informer<Revision>;
  readonly routes: Informer<Route>;
  readonly domainMappings: Informer<DomainMapping>;
  readonly clusterDomainClaims: Informer<ClusterDomainClaim>;
  readonly podAutoscalers: Informer<PodAutoscaler>;
  readonly ingresses: Informer<Ingress>;
  readonly placeholders: Informer<CoreService>;
  /** Of headless placeholders. */
  readonly endpoints: Informer<Endpoints>;
  readonly pods: Informer<Pod>;
  readonly configMaps: Informer<ConfigMap>;
}

/** What every controller works with. */
export interface Context {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly config: ConfigStore;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1; spreads retries. */
  readonly random: () => number;
  /** An image by its digest, where that can be told. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
}

/** What a reconcile works with: the context, until `signal` aborts. */
export type Work = Context & { readonly signal: AbortSignal };

/** A controller: a queue of keys and what puts keys into it. */
export interface Controller {
  readonly reconciler: Reconciler;
  /** Keys to be reconciled, as changes call for them. */
  readonly keys: Observable<string>;
}
