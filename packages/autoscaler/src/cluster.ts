import {
  type ConfigMap,
  type CoreEvent,
  type HorizontalPodAutoscaler,
  type Node,
  type Pod,
  type PodAutoscaler,
  type Revision,
  keys,
  resources,
  systemNamespace,
} from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type Informer, type KubeClient, createInformer } from '@ebb/kube';

/** The autoscaler's view of the cluster: local copies of what it decides upon. */
export interface Cluster {
  readonly podAutoscalers: Informer<PodAutoscaler>;
  /** Of PodAutoscalers of class `hpa`. */
  readonly horizontalPodAutoscalers: Informer<HorizontalPodAutoscaler>;
  readonly revisions: Informer<Revision>;
  /** Pods of revisions only. */
  readonly pods: Informer<Pod>;
  /** Virtual nodes only. */
  readonly nodes: Informer<Node>;
  /** Knative's own ConfigMaps only. */
  readonly configMaps: Informer<ConfigMap>;
  /**
   * Events that tell of spot pods about to be taken back. Nothing waits for them to be there: without them a pod that is taken back is
   * replaced when it is gone.
   */
  readonly reclaims: Informer<CoreEvent>;
  /** Resolves when all copies are there, but for `reclaims`. */
  readonly synced: Promise<void>;
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface ClusterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** `namespace/name` of the revision a pod belongs to. */
export function revisionOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.labels?.[keys.revision]}`;
}

const byRevision = 'revision';

/** Pods of the revision `namespace/name`. */
export function podsOf(cluster: Pick<Cluster, 'pods'>, revision: string): readonly Pod[] {
  return cluster.pods.byIndex(byRevision, revision);
}

/** Local copies, empty until `run`. */
export function createCluster(client: KubeClient, options: ClusterOptions): Cluster {
  const podAutoscalers = createInformer(client, resources.podAutoscalers, options);
  const horizontalPodAutoscalers = createInformer(client, resources.horizontalPodAutoscalers, {
    ...options,
    labelSelector: keys.revision,
  });
  const revisions = createInformer(client, resources.revisions, options);
  const pods = createInformer(client, resources.pods, {
    ...options,
    labelSelector: keys.revision,
    indexers: { [byRevision]: (pod) => [revisionOf(pod)] },
  });
  const nodes = createInformer(client, resources.nodes, { ...options, labelSelector: 'type=virtual-kubelet' });
  const configMaps = createInformer(client, resources.configMaps, { ...options, namespace: systemNamespace });
  const reclaims = createInformer(client, resources.events, {
    ...options,
    fieldSelector: 'reason=SpotToBeReleased',
  });
  const all = [podAutoscalers, horizontalPodAutoscalers, revisions, pods, nodes, configMaps];
  return {
    podAutoscalers,
    horizontalPodAutoscalers,
    revisions,
    pods,
    nodes,
    configMaps,
    reclaims,
    synced: Promise.all(all.map(({ synced }) => synced)).then(() => {}),
    run: async ({ signal }) => {
      await Promise.all([...all, reclaims].map((informer) => informer.run({ signal })));
    },
  };
}
