import { setMaxListeners } from 'node:events';
import { type Pod, isNotFound, keyOf, resources } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { type KubeClient, createEventRecorder, createInformer, createReconciler } from '@ebb/kube';
import type { ContainerGroup, Eci } from './eci/eci.ts';
import { type KubeletOptions, type KubeletServer, startKubelet } from './kubelet/kubelet-server.ts';
import { createNodeAgent } from './node/node-agent.ts';
import { type NodeFacts, makeNode } from './node/node-object.ts';
import { ZoneStock } from './node/zone-stock.ts';
import type { EciProfile, Labels } from './profile/profile.ts';
import { isLost } from './pods/ended-status.ts';
import { GroupIndex, uidOf } from './pods/group-index.ts';
import { type Zone, createGroupMaker } from './pods/group-maker.ts';
import { PodController } from './pods/pod-controller.ts';
import { isOver } from './pods/is-over.ts';
import { StatusSync } from './pods/status-sync.ts';
import { refreshCredentials } from './pods/credential-refresh.ts';
import { VolumeRefresh } from './pods/volume-refresh.ts';
import type { UsageBook } from './usage/usage-book.ts';
import { PodProbes } from './probes/pod-probes.ts';

/** What one node is made of; the first few are shared by all of a process. */
export interface NodeOptions {
  readonly client: KubeClient;
  readonly eci: Eci;
  /** True for an ECI of this machine. */
  readonly isLocal: boolean;
  readonly profile: () => EciProfile;
  readonly namespaceLabels: (namespace: string, signal: AbortSignal) => Promise<Labels>;
  readonly regionId: string;
  /** The name all nodes of the process are known by. */
  readonly fleet: string;
  readonly nodeName: string;
  readonly zone: string;
  /** vSwitches of its zone, as they are now. */
  readonly vSwitchIds: () => readonly string[];
  /** True once it takes no more pods. */
  readonly isRetiring: () => boolean;
  /** True if pods may be had on another node. */
  readonly hasAlternative: () => boolean;
  /** Where it is noted how long instances last, if it is. */
  readonly usage: UsageBook | undefined;
  readonly kubelet: KubeletOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** One Node of a process, and what runs on it. */
export interface ManagedNode {
  readonly nodeName: string;
  readonly zone: string;
  /** Works until aborted; pods and their groups are left as they are. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Resolves when the Node is registered and its pods and groups are known and looked after. */
  readonly synced: Promise<void>;
  /** Pods bound to it that are known of. */
  readonly podCount: number;
  /** True if its zone had nothing, and is not yet to be tried again. */
  readonly isOut: boolean;
  /** Something the Node tells is otherwise now. */
  touch(): void;
}

/** Pods worked on at a time; a create is one call to ECI, and they do not wait for each other. */
const workers = 32;
/** After a refusal; the cloud is not asked again within the blink of an eye. */
const backoff = { baseMs: 250, capMs: 60_000 };
/** Pods that are told of trouble with the cloud when it begins. */
const maxTold = 100;
const byUid = 'uid';
const byMoving = 'moving';

/** A Node whose pods are ECI container groups (serverless-node.md, section 1). */
export function createNode(options: NodeOptions): ManagedNode {
  const { client, eci, nodeName, clock, logger, random, kubelet } = options;
  const index = new GroupIndex();
  const pods = createInformer(client, resources.pods, {
    fieldSelector: `spec.nodeName=${nodeName}`,
    indexers: {
      [byUid]: ({ metadata }) => (metadata.uid ? [metadata.uid] : []),
      [byMoving]: (pod) => [String(isMoving(pod))],
    },
    clock,
    logger,
    random,
  });
  const enqueueAll = (uids: readonly string[]): void => {
    for (const uid of uids) for (const pod of pods.byIndex(byUid, uid)) queue.enqueue(keyOf(pod));
  };
  const sync = new StatusSync({
    eci: options.usage?.watch(eci, nodeName) ?? eci,
    nodeName,
    index,
    clock,
    logger,
    moving: () => pods.byIndex(byMoving, 'true').flatMap(({ metadata }) => metadata.uid ?? []),
    isLeaving: (uid) => pods.byIndex(byUid, uid).every(({ metadata }) => metadata.deletionTimestamp !== undefined),
    onCloud: () => {
      agent.touch();
      for (const pod of pods.list().slice(0, maxTold)) tellWaiting(pod);
    },
    onChange: (uids) => enqueueAll(uids),
    onListed: (groups) => sweep(groups),
  });
  let isSynced = false;
  /** Nothing is made for a pod before it is known which groups there are: what keeps that from being known is told. */
  const tellWaiting = (pod: Pod): void => {
    const { reachable, message } = sync.cloud;
    if (isSynced || reachable || isOver(pod)) return;
    events.event(pod, 'Warning', 'ProviderCreateFailed', `no container group can be made: ${message}`);
  };
  const events = createEventRecorder(client, { component: 'ebb-virtual-node', clock, logger });
  const hostIP = kubelet.advertise ?? kubelet.host;
  const probes = new PodProbes({
    eci,
    clock,
    logger,
    onChange: (uid) => enqueueAll([uid]),
    onEvent: (pod, { type, reason, message }) => events.event(pod, type, reason, message),
  });
  const stock = new ZoneStock({ clock, random, onChange: () => agent.touch() });
  const zone: Zone = {
    get vSwitchIds() {
      return options.vSwitchIds();
    },
    served: () => stock.served(),
    refused: (message) => stock.refused(message),
    hasAlternative: options.hasAlternative,
  };
  const controller = new PodController({
    client,
    eci,
    zone,
    maker: createGroupMaker({
      client,
      eci,
      zone,
      node: () => makeNode(facts()),
      profile: options.profile,
      namespaceLabels: options.namespaceLabels,
      claimsAreLocal: options.isLocal,
      clock,
    }),
    probes,
    pods,
    index,
    events,
    clock,
    logger,
    hostIP,
    onAsked: () => sync.poke(),
    enqueue: (key) => queue.enqueue(key),
  });
  const refresh = new VolumeRefresh({ client, eci, pods: () => pods.list(), index, clock, logger });
  const queue = createReconciler({
    name: 'pod',
    reconcile: controller.reconcile,
    workers,
    backoff,
    clock,
    logger,
    random,
  });

  /** Groups without a pod, or whose pod was given up, are deleted. The pods' list is complete by now: a group is only made for a pod seen in it. */
  const sweep = (groups: readonly ContainerGroup[]): void => {
    controller.forget(new Set(groups.map(({ containerGroupId }) => containerGroupId ?? '')));
    for (const group of groups) {
      if (!isStray(group) || controller.isDeleting(group)) continue;
      confirmOrphan(client, group, index)
        .then((orphan) => (orphan ? controller.deleteOrphan(group) : undefined))
        .catch((error: unknown) =>
          logger.warn({ group: group.containerGroupId, error: messageOf(error) }, 'orphan not deleted'),
        );
    }
  };
  const isStray = (group: ContainerGroup): boolean => {
    const uid = uidOf(group);
    if (uid === undefined) return false;
    const owners = pods.byIndex(byUid, uid);
    return owners.every(isLost) || index.get(uid)?.id !== group.containerGroupId;
  };

  let port = kubelet.port;
  const facts = (): NodeFacts => ({
    nodeName,
    fleet: options.fleet,
    vSwitchIds: options.vSwitchIds(),
    regionId: options.regionId,
    zone: options.zone,
    address: hostIP,
    kubeletPort: port,
    cloud: sync.cloud,
    outOf: stock.outOf,
    isRetiring: options.isRetiring(),
  });
  const agent = createNodeAgent({ client, clock, logger, facts });
  let markSynced = (): void => {};
  const synced = new Promise<void>((resolve) => (markSynced = resolve));

  const run = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    const groupOf = (pod: Pod): string | undefined => index.get(pod.metadata.uid ?? '')?.id;
    await using server: KubeletServer = await startKubelet({
      ...kubelet,
      nodeName,
      client,
      eci,
      // ECI makes its figures each 15 s; an ECI of this machine when it is asked.
      usageAgeMs: options.isLocal ? 1000 : 15_000,
      pods: () => pods.list(),
      groupOf,
      clock,
      logger,
    });
    port = server.port;
    // What fails takes the others with it: none goes on unwatched.
    using life = linkSignals(signal);
    // Each pod in hand listens to it for a while.
    setMaxListeners(0, life.signal);
    const all = { signal: life.signal };
    const subscription = pods.events.subscribe(({ object }) => {
      queue.enqueue(keyOf(object));
      tellWaiting(object);
    });
    const work = async (): Promise<void> => {
      await Promise.race([pods.synced, untilAborted(all.signal)]);
      const syncing = sync.run(all);
      await agent.register(all);
      const renewing = agent.run(all);
      // The Node lives without the cloud; pods wait until it is known which groups there are.
      await Promise.race([sync.synced, untilAborted(all.signal)]);
      isSynced = true;
      if (!all.signal.aborted) markSynced();
      const refreshing = refreshCredentials(
        { client, eci, pods: () => pods.list(), index, clock, logger },
        life.signal,
      );
      await Promise.all([syncing, renewing, queue.run(all), refresh.run(all), refreshing]);
    };
    const parts = [pods.run(all), work()];
    try {
      await Promise.all(parts);
    } finally {
      life.abort(new DOMException('the virtual node stops', 'AbortError'));
      probes.stop();
      await Promise.allSettled(parts);
      subscription.unsubscribe();
    }
  };
  return {
    nodeName,
    zone: options.zone,
    run,
    synced,
    touch: () => agent.touch(),
    get podCount() {
      return pods.list().length;
    },
    get isOut() {
      return stock.outOf !== undefined;
    },
  };
}

/** True for a pod on its way up or down. */
function isMoving(pod: Pod): boolean {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp) return true;
  if (isOver(pod)) return false;
  return !status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

/** The informer may be behind, or its list stale: a group is deleted only when the API server itself has no such pod. */
async function confirmOrphan(client: KubeClient, group: ContainerGroup, index: GroupIndex): Promise<boolean> {
  const tag = (wanted: string): string => group.tags?.find(({ key }) => key === wanted)?.value ?? '';
  try {
    const pod = await client.get(resources.pods, { namespace: tag('NameSpace'), name: tag('PodName') });
    const counted = index.get(uidOf(group) ?? '')?.id;
    const isOther = counted !== undefined && counted !== group.containerGroupId;
    return pod.metadata.uid !== uidOf(group) || isLost(pod) || isOther;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
