import { type Pod, type Revision, isAlreadyExists, isConflict, isNotFound, keyOf, keys, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type InformerEvent, type KubeClient, toTimestamp } from '@ebb/kube';
import { type Cluster, podsOf } from '../cluster.ts';
import type { Gateways } from '../gateways.ts';
import { Expectations } from './expectations.ts';
import { makeReplica } from './make-replica.ts';
import type { NodeLoads } from './node-loads.ts';
import type { Permits } from './permits.ts';
import { type Stage, drainingSince, isPodReady, stageOf } from './replica.ts';
import { type PodConfig, defaultPodConfig } from './pod-settings.ts';
import type { PodKind, ReplicaControl, Shortage } from './replica-control.ts';
import { Roster, kindOf } from './roster.ts';
import { Setbacks } from './setbacks.ts';
import { type PodFacts, chooseVictims } from './victims.ts';

/** What the replicas of all revisions share. */
export interface ReplicaContext {
  readonly client: KubeClient;
  readonly cluster: Pick<Cluster, 'revisions' | 'pods'>;
  readonly gateways: Gateways;
  readonly nodes: NodeLoads;
  /** What pods are to be like at present. Default: as Knative has them. */
  readonly podConfig?: () => PodConfig;
  /** Bounds creations. */
  readonly permits: Permits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Ends calls under way. */
  readonly signal: AbortSignal;
  /** Takes a call under way, which never rejects, so that shutdown can wait for it. */
  readonly track: (task: Promise<void>) => void;
}

/** Kinds of the pods that `target` is about. */
const serving: readonly PodKind[] = ['standard', 'spot'];
/** `timeoutSeconds` of a revision that does not say. */
const defaultTimeoutSeconds = 300;
/** Time after which a draining pod that is not ready, and on which no request is known, need not be heard of by all gateways. */
const unreadyDrainMs = 3000;

/**
 * The pods of one revision: makes `target` of them, already bound to a node, and takes away what is too much, never under a running
 * request. A draining pod is not called back when demand returns: another is made. It does what Deployment, ReplicaSet and
 * scheduler do elsewhere.
 */
export class Replicas implements ReplicaControl {
  target: number | undefined;
  onDemand: number | undefined;
  reserve = 0;
  keep = 0;
  /** ECI types of reserved pods, tried in order. */
  reserveSpecs = '';
  readonly #key: string;
  readonly #namespace: string;
  readonly #name: string;
  readonly #context: ReplicaContext;
  readonly #roster = new Roster();
  readonly #expected = new Expectations();
  readonly #setbacks: Setbacks;
  #shortage: Shortage | undefined;
  readonly #retry = (): void => this.reconcile();

  /** @param key `namespace/name` of the revision. */
  constructor(key: string, context: ReplicaContext) {
    this.#key = key;
    const [namespace = '', name = ''] = key.split('/');
    this.#namespace = namespace;
    this.#name = name;
    this.#context = context;
    this.#setbacks = new Setbacks(context.random);
    for (const pod of podsOf(context.cluster, key)) this.#put(pod);
  }

  get ready(): number {
    return this.#roster.ready('standard') + this.#roster.ready('spot');
  }

  get count(): number {
    return this.#there('standard') + this.#there('spot');
  }

  get reserveReady(): number {
    return this.#roster.ready('reserve');
  }

  get shortage(): Shortage | undefined {
    return this.#shortage;
  }

  get isAtRest(): boolean {
    if (this.target !== 0 || this.#expected.size > 0) return false;
    return this.#roster.size === this.reserve && this.reserveReady === this.reserve;
  }

  /** Takes in what happened to a pod of the revision. */
  observe(event: InformerEvent<Pod>): void {
    const { name = '', uid = '' } = event.object.metadata;
    this.#expected.settle(name);
    if (isSetback(event, this.#roster.askedFor(uid))) this.#setbacks.add(this.#context.clock.now());
    if (event.type === 'deleted') this.#remove(event.object);
    else this.#put(event.object);
    // Gateways may have said so before it was seen to drain.
    if (event.type === 'updated' && this.#hasDrained(event.object, this.#context.clock.now()))
      this.#delete(event.object);
  }

  /** Lets a pod go that is about to be taken away: it no longer counts, and ends when its last request has. */
  letGo(pod: Pod): void {
    if (this.#roster.isActive(pod)) this.#drain(pod);
  }

  /** Forgets all pods, which go with their Revision. */
  abandon(): void {
    for (const pod of podsOf(this.#context.cluster, this.#key)) this.#remove(pod);
  }

  reconcile(): void {
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    const now = clock.now();
    this.#expected.expire(now);
    this.#deleteEnded(now);
    if (this.target === undefined) return;
    const wanted = Math.max(this.target, this.keep);
    this.#bringTo('reserve', this.reserve, now);
    // A floor of pods on demand; what is above it may be spot.
    const onDemand = Math.min(this.onDemand ?? wanted, wanted);
    if (wanted > this.count) this.#grow(wanted, onDemand, now);
    else this.#shortage = undefined;
    // Pods on their way cannot be taken back; they are the first to go once they are there.
    this.#shrink(serving, this.#roster.active('standard') + this.#roster.active('spot') - wanted);
  }

  deleteDrained(): void {
    const now = this.#context.clock.now();
    for (const pod of this.#roster.draining()) if (this.#hasDrained(pod, now)) this.#delete(pod);
  }

  /** Pods of a kind that stay, and those on their way. */
  #there(kind: PodKind): number {
    return this.#roster.active(kind) + this.#expected.count(kind);
  }

  #grow(wanted: number, onDemand: number, now: number): void {
    const missingStandard = Math.min(onDemand - this.#there('standard'), wanted - this.count);
    if (missingStandard > 0 && !this.#create('standard', missingStandard, now)) return;
    this.#create('spot', wanted - this.count, now);
  }

  #bringTo(kind: PodKind, wanted: number, now: number): void {
    this.#create(kind, wanted - this.#there(kind), now);
    this.#shrink([kind], this.#roster.active(kind) - wanted);
  }

  /** False if not all could be begun: it is tried again when there may be leave, or a node. */
  #create(kind: PodKind, missing: number, now: number): boolean {
    if (missing <= 0) return true;
    const { cluster, nodes, permits } = this.#context;
    const revision = cluster.revisions.get(this.#namespace, this.#name);
    if (!revision || revision.metadata.deletionTimestamp !== undefined) return false;
    if (this.#setbacks.waitMs(now) > 0) return false;
    for (let left = missing; left > 0; left--) {
      const node = nodes.choose((name) => this.#roster.countOn(name) + this.#expected.countOn(name));
      if (node === undefined) {
        this.#shortage = { reason: 'Unschedulable', message: 'no virtual node is ready to take pods' };
        return false;
      }
      if (!permits.take(this.#retry)) return false;
      this.#createPod(revision, node, kind);
    }
    return true;
  }

  /** Never throws; the leave it was given is given back when the call has ended. */
  #createPod(revision: Revision, nodeName: string, kind: PodKind): void {
    const { client, clock, logger, nodes, permits, podConfig, random, signal, track } = this.#context;
    const pod = makeReplica({
      revision,
      nodeName,
      config: podConfig?.() ?? defaultPodConfig,
      kind,
      reserveSpecs: this.reserveSpecs,
      random,
    });
    const { name = '' } = pod.metadata;
    const decided = new Date(clock.now()).toISOString();
    this.#expected.begin(name, { node: nodeName, kind });
    nodes.change(nodeName, 1);
    const call = async (): Promise<void> => {
      try {
        const { metadata } = pod;
        const annotations = { ...metadata.annotations, [keys.decided]: decided };
        await client.create(resources.pods, { ...pod, metadata: { ...metadata, annotations } }, { signal });
        this.#expected.created(name, clock.now());
        this.#shortage = undefined;
      } catch (error) {
        this.#expected.settle(name);
        if (signal.aborted) return;
        if (isAlreadyExists(error)) return this.reconcile(); // names are drawn at random: the next one is another
        this.#setbacks.add(clock.now());
        this.#shortage = { reason: 'FailedCreate', message: messageOf(error) };
        logger.warn({ revision: this.#key, pod: name, error: messageOf(error) }, 'a pod could not be created');
      } finally {
        nodes.change(nodeName, -1); // from now on it counts as seen, or not at all
        permits.give();
      }
    };
    track(call());
  }

  #put(pod: Pod): void {
    if (this.#roster.set(pod)) this.#context.nodes.change(pod.spec.nodeName ?? '', 1);
  }

  #remove(pod: Pod): void {
    if (this.#roster.delete(pod)) this.#context.nodes.change(pod.spec.nodeName ?? '', -1);
  }

  /** Ended pods stay to be looked at until they are replaced, which waits longer each time. */
  #deleteEnded(now: number): void {
    const ended = this.#roster.ended();
    if (ended.length === 0 || (this.target !== 0 && this.#setbacks.waitMs(now) > 0)) return;
    for (const pod of ended) this.#delete(pod);
  }

  #shrink(kinds: readonly PodKind[], count: number): void {
    if (count <= 0) return;
    const { gateways } = this.#context;
    for (const pod of chooseVictims(this.#roster.listActive(...kinds), count, (each) => this.#factsOf(each))) {
      // A gateway may use a pod before it is reported ready, but not before it has an address; it may have got one since it was seen.
      if (gateways.isEmpty) this.#delete(pod);
      else if (!isPodReady(pod) && !pod.status?.podIP) this.#delete(pod, pod.metadata.resourceVersion);
      else this.#drain(pod);
    }
  }

  #hasDrained(pod: Pod, now: number): boolean {
    // Not yet seen to carry the annotation: what gateways say cannot be about it. Asked to go: once is enough.
    if (stageOf(pod) !== 'draining' || this.#roster.askedFor(pod.metadata.uid ?? '') === 'leaving') return false;
    const { cluster, gateways } = this.#context;
    const { timeoutSeconds = defaultTimeoutSeconds } = cluster.revisions.get(this.#namespace, this.#name)?.spec ?? {};
    const drainedForMs = now - (drainingSince(pod) ?? 0);
    if (drainedForMs > timeoutSeconds * 1000 || gateways.haveDrained(keyOf(pod), now)) return true;
    return !isPodReady(pod) && drainedForMs > unreadyDrainMs && this.#inFlight(pod) === 0;
  }

  #factsOf(pod: Pod): PodFacts {
    const created = pod.metadata.creationTimestamp ?? '';
    return { ready: isPodReady(pod), spot: kindOf(pod) === 'spot', inFlight: this.#inFlight(pod), created };
  }

  #inFlight({ metadata }: Pod): number {
    return this.#context.gateways.inFlight(this.#key, metadata.name ?? '');
  }

  #drain(pod: Pod): void {
    const { client, clock, signal } = this.#context;
    const body = { metadata: { annotations: { [keys.draining]: toTimestamp(clock.now()) } } };
    this.#ask(pod, 'draining', client.patch(resources.pods, targetOf(pod), { type: 'merge', body }, { signal }));
  }

  /** @param resourceVersion Only if it is still at this version. */
  #delete(pod: Pod, resourceVersion?: string): void {
    const { client, signal } = this.#context;
    const preconditions = { uid: pod.metadata.uid, resourceVersion };
    this.#ask(pod, 'leaving', client.delete(resources.pods, targetOf(pod), { signal, preconditions }));
  }

  /** Counts the pod as being at `stage` from now on, unless the call fails. */
  #ask(pod: Pod, stage: Stage, call: Promise<unknown>): void {
    const { logger, signal, track } = this.#context;
    const { uid = '' } = pod.metadata;
    this.#roster.ask(pod, stage);
    const failed = (error: unknown): void => {
      if (this.#roster.askedFor(uid) === stage) this.#roster.ask(pod, undefined);
      if (signal.aborted || isNotFound(error) || isConflict(error)) return;
      logger.warn({ pod: keyOf(pod), to: stage, error: messageOf(error) }, 'a pod could not be changed');
    };
    track(call.then(() => {}, failed));
  }
}

/** True if a pod failed, or was taken away by somebody else before it ever ran: were it replaced at once, that could go on for ever. */
function isSetback(event: InformerEvent<Pod>, asked: Stage | undefined): boolean {
  const { type, object } = event;
  if (type === 'deleted') return asked !== 'leaving' && (object.status?.phase ?? 'Pending') === 'Pending';
  const wasEnded = type === 'updated' && stageOf(event.old) === 'ended';
  return stageOf(object) === 'ended' && !wasEnded;
}

function targetOf({ metadata }: Pod): { namespace: string | undefined; name: string } {
  return { namespace: metadata.namespace, name: metadata.name ?? '' };
}
