import { type Pod, type Revision, isNotFound, keyOf, keys, makePod, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type InformerEvent, type KubeClient, toTimestamp } from '@ebb/kube';
import { type Cluster, podsOf, podsOn } from '../cluster.ts';
import type { Gateways } from '../gateways.ts';
import { Expectations } from './expectations.ts';
import { chooseNode, takesPods } from './node-choice.ts';
import type { ReplicaControl, Shortage } from './replica-control.ts';
import { podNameFor } from './pod-name.ts';
import { type Stage, drainingSince, isPodReady, stageOf } from './replica.ts';
import { Setbacks } from './setbacks.ts';
import type { Slots } from './slots.ts';
import { chooseVictims } from './victims.ts';

/** What the replicas of all revisions share. */
export interface ReplicaContext {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly gateways: Gateways;
  /** Bounds creations under way. */
  readonly slots: Slots;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Ends calls under way. */
  readonly signal: AbortSignal;
  /** Takes a call under way, which never rejects, so that shutdown can wait for it. */
  readonly track: (task: Promise<void>) => void;
}

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
  readonly #key: string;
  readonly #context: ReplicaContext;
  readonly #expected = new Expectations();
  readonly #setbacks: Setbacks;
  /** Pods (by uid) that were asked to drain or to go, and are not seen doing so yet. */
  readonly #asked = new Map<string, Stage>();
  #shortage: Shortage | undefined;
  readonly #retry = (): void => this.reconcile();

  /** @param key `namespace/name` of the revision. */
  constructor(key: string, context: ReplicaContext) {
    this.#key = key;
    this.#context = context;
    this.#setbacks = new Setbacks(context.random);
  }

  get ready(): number {
    let count = 0;
    for (const pod of podsOf(this.#context.cluster, this.#key)) {
      if (this.#stageOf(pod) === 'active' && isPodReady(pod)) count++;
    }
    return count;
  }

  get count(): number {
    return this.#podsAt('active').length + this.#expected.size;
  }

  get shortage(): Shortage | undefined {
    return this.#shortage;
  }

  get isAtRest(): boolean {
    return this.target === 0 && this.#expected.size === 0 && podsOf(this.#context.cluster, this.#key).length === 0;
  }

  /** Takes in what happened to a pod of the revision. */
  observe(event: InformerEvent<Pod>): void {
    const { name = '', uid = '' } = event.object.metadata;
    this.#expected.settle(name);
    if (isSetback(event, this.#asked.get(uid))) this.#setbacks.add(this.#context.clock.now());
    const isDone = this.#asked.get(uid) === 'draining' && stageOf(event.object) === 'draining';
    if (event.type === 'deleted' || isDone) this.#asked.delete(uid);
  }

  reconcile(): void {
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    const now = clock.now();
    this.#expected.expire(now);
    this.#deleteEnded(now);
    this.#deleteDrained(now);
    const { target } = this;
    if (target === undefined) return;
    const active = this.#podsAt('active');
    const missing = target - active.length - this.#expected.size;
    if (missing > 0) this.#create(missing, now);
    else this.#shortage = undefined;
    // Pods on their way cannot be taken back; they are the first to go once they are there.
    this.#remove(active, active.length - target);
  }

  #podsAt(stage: Stage): readonly Pod[] {
    return podsOf(this.#context.cluster, this.#key).filter((pod) => this.#stageOf(pod) === stage);
  }

  #stageOf(pod: Pod): Stage {
    return this.#asked.get(pod.metadata.uid ?? '') ?? stageOf(pod);
  }

  #create(missing: number, now: number): void {
    const { cluster, slots } = this.#context;
    const [namespace, name = ''] = this.#key.split('/');
    const revision = cluster.revisions.get(namespace, name);
    if (!revision || revision.metadata.deletionTimestamp !== undefined || this.#setbacks.waitMs(now) > 0) return;
    for (let left = missing; left > 0; left--) {
      const node = this.#chooseNode();
      if (node === undefined) {
        this.#shortage = { reason: 'Unschedulable', message: 'no virtual node is ready to take pods' };
        return;
      }
      if (!slots.take(this.#retry)) return;
      this.#createPod(revision, node);
    }
  }

  #chooseNode(): string | undefined {
    const { cluster } = this.#context;
    const names = cluster.nodes.list().flatMap((node) => (takesPods(node) ? [node.metadata.name ?? ''] : []));
    if (names.length < 2) return names[0];
    const own = podsOf(cluster, this.#key);
    const loads = names.map((name) => {
      const expected = this.#expected.countOn(name);
      const ownHere = own.filter(({ spec }) => spec.nodeName === name).length;
      return { name, own: ownHere + expected, all: podsOn(cluster, name).length + expected };
    });
    return chooseNode(loads);
  }

  /** Never throws; the slot it was given is given back when the call has ended. */
  #createPod(revision: Revision, nodeName: string): void {
    const { client, clock, logger, random, signal, slots, track } = this.#context;
    const podName = podNameFor(revision.metadata.name ?? '', random);
    this.#expected.begin(podName, nodeName);
    const call = async (): Promise<void> => {
      try {
        await client.create(resources.pods, makePod({ revision, podName, nodeName }), { signal });
        this.#expected.created(podName, clock.now());
        this.#shortage = undefined;
      } catch (error) {
        this.#expected.settle(podName);
        if (signal.aborted) return;
        this.#setbacks.add(clock.now());
        this.#shortage = { reason: 'FailedCreate', message: messageOf(error) };
        logger.warn({ revision: this.#key, pod: podName, error: messageOf(error) }, 'a pod could not be created');
      } finally {
        slots.give();
      }
    };
    track(call());
  }

  /** Ended pods stay to be looked at until they are replaced, which waits longer each time. */
  #deleteEnded(now: number): void {
    const ended = this.#podsAt('ended');
    if (this.target !== 0 && this.#setbacks.waitMs(now) > 0) return;
    for (const pod of ended) this.#delete(pod);
  }

  #remove(active: readonly Pod[], count: number): void {
    const { gateways } = this.#context;
    for (const pod of chooseVictims(active, count, (each) => this.#inFlight(each))) {
      // A gateway may use a pod before it is reported ready, but not before it has an address.
      if (gateways.isEmpty || (!isPodReady(pod) && !pod.status?.podIP)) this.#delete(pod);
      else this.#drain(pod);
    }
  }

  #deleteDrained(now: number): void {
    for (const pod of this.#podsAt('draining')) if (this.#hasDrained(pod, now)) this.#delete(pod);
  }

  #hasDrained(pod: Pod, now: number): boolean {
    // Not yet seen to carry the annotation: what gateways say cannot be about it.
    if (stageOf(pod) !== 'draining') return false;
    const { cluster, gateways } = this.#context;
    const key = keyOf(pod);
    const [namespace, name = ''] = this.#key.split('/');
    const { timeoutSeconds = defaultTimeoutSeconds } = cluster.revisions.get(namespace, name)?.spec ?? {};
    const drainedForMs = now - (drainingSince(pod) ?? 0);
    if (drainedForMs > timeoutSeconds * 1000 || gateways.haveDrained(key, now)) return true;
    return !isPodReady(pod) && drainedForMs > unreadyDrainMs && this.#inFlight(pod) === 0;
  }

  #inFlight({ metadata }: Pod): number {
    return this.#context.gateways.inFlight(this.#key, metadata.name ?? '');
  }

  #drain(pod: Pod): void {
    const { client, clock, signal } = this.#context;
    const body = { metadata: { annotations: { [keys.draining]: toTimestamp(clock.now()) } } };
    this.#ask(pod, 'draining', client.patch(resources.pods, targetOf(pod), { type: 'merge', body }, { signal }));
  }

  #delete(pod: Pod): void {
    const { client, signal } = this.#context;
    const { uid } = pod.metadata;
    const options = { signal, ...(uid === undefined ? {} : { preconditions: { uid } }) };
    this.#ask(pod, 'leaving', client.delete(resources.pods, targetOf(pod), options));
  }

  /** Counts the pod as being at `stage` from now on, unless the call fails. */
  #ask(pod: Pod, stage: Stage, call: Promise<unknown>): void {
    const { logger, signal, track } = this.#context;
    const { uid = '' } = pod.metadata;
    this.#asked.set(uid, stage);
    const failed = (error: unknown): void => {
      if (this.#asked.get(uid) === stage) this.#asked.delete(uid);
      if (signal.aborted || isNotFound(error)) return;
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
