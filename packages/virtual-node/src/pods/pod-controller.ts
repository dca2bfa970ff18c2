import { type Pod, type PodStatus, isNotFound, keyOf, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import {
  type EventRecorder,
  type Informer,
  type KubeClient,
  type ReconcileContext,
  type ReconcileResult,
  toTimestamp,
} from '@ebb/kube';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import { isGroupGone } from '../eci/error.ts';
import { eciPrefix } from '../profile/annotations.ts';
import { failStrategies } from '../profile/settings.ts';
import type { PodProbes } from '../probes/pod-probes.ts';
import { retriedAnnotation } from './container-group.ts';
import { evict } from './evict.ts';
import type { GroupIndex } from './group-index.ts';
import { type GroupMaker, type UsedAttempt, type Zone, failsOver } from './group-maker.ts';
import { isOver } from './is-over.ts';
import { sleepBeforeStop } from './lifecycle.ts';
import { endedStatus, lostStatus, removedStatus } from './ended-status.ts';
import { activeMs, deadlineExceeded, exceededStatus } from './deadline.ts';
import type { PodEvent } from './pod-event.ts';
import { Refusals } from './refusals.ts';
import { partContainers } from './sidecars.ts';
import { type PodUpdate, writePod } from './write-pod.ts';
import { spotNotice } from './pod-conditions.ts';
import { hadGroup, instanceIdAnnotation, podFacts } from './pod-status.ts';
import { newEvents, transitions } from './transitions.ts';

interface ControllerOptions {
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'delete' | 'deleteTurn' | 'giveUpTurn'>;
  readonly zone: Zone;
  readonly maker: GroupMaker;
  readonly probes: PodProbes;
  readonly pods: Informer<Pod>;
  readonly index: GroupIndex;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hostIP: string;
  /** Called when the cloud was asked for something: its answer shows soon. */
  readonly onAsked: () => void;
  /** Looks at a pod again, by its key. */
  readonly enqueue: (key: string) => void;
}

/** Beyond the grace period, how long a group may take to go before its Pod is removed without it. */
const backstopMs = 10_000;
/** Of Kubernetes, and of ECI. */
const defaultGraceSeconds = 30;
/** Pods that were refused, asked for again when another was had. */
const wokenAtOnce = 4;
/** ECI ends a group that was active for too long itself; if it has not by then, its count began later than the pod's. */
const eciEndsMs = 10_000;
/** A group that shows no sign of its end so long after that was asked for is asked again: the call was lost on them. */
const askAgainMs = 60_000;
/** After a group found no room when it was to be made, another is asked for. */
const retryScheduleMs = 30_000;

/** Makes groups for pods and pods' statuses from groups, one pod at a time (serverless-node.md, section 1.3). */
export class PodController {
  readonly #options: ControllerOptions;
  /** When the end of groups was asked for, by id. */
  readonly #deleting = new Map<string, number>();
  /** Of these the ones that were asked to end at once. */
  readonly #forced = new Set<string>();
  /** Events of groups that were told of, by group id. */
  readonly #told = new Map<string, ContainerGroup['events']>();
  /** Pods whose last group found no room, by UID: none is asked for before that moment. */
  readonly #notBefore = new Map<string, number>();
  /** Which of its specs a pod's group was made of, by UID. */
  readonly #attempts = new Map<string, UsedAttempt>();
  /** Pods whose spot instance is to be taken back and that were asked to go, by UID. */
  readonly #evicted = new Set<string>();
  readonly #refusals: Refusals;
  /** Pods that were refused and wait, by key, with their UID; the longest waiting first. */
  readonly #waiting = new Map<string, string>();

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.clock);
  }

  /** Brings pod and group of this key together. */
  readonly reconcile = async (key: string, context: ReconcileContext): Promise<ReconcileResult | void> => {
    const [namespace, name = ''] = key.split('/');
    const pod = this.#options.pods.get(namespace, name);
    if (!pod) return this.#forgetRefused(key);
    const { uid = '', deletionTimestamp } = pod.metadata;
    if (deletionTimestamp || isOver(pod)) this.#options.probes.forget(uid);
    if (deletionTimestamp) return this.#remove(pod);
    if (isOver(pod)) return;
    const { index, clock } = this.#options;
    const known = index.get(uid);
    const leftMs = activeMs(pod, clock.now()) ?? Number.POSITIVE_INFINITY;
    if (known?.group) {
      if (known.group.status === 'ScheduleFailed') return this.#unmade(pod, known.group);
      // Cleared away for another: what becomes of it is not the pod's.
      if (this.#notBefore.has(uid) || pod.metadata.annotations?.[retriedAnnotation] === known.id) return;
      this.#options.probes.update(pod, known.group);
      if (leftMs + eciEndsMs <= 0 && !isEnded(known.group)) return this.#overdue(pod, known.id);
      const unhealthy = this.#options.probes.failure(pod);
      if (unhealthy !== undefined && !isEnded(known.group)) return this.#unhealthy(pod, known.id, unhealthy);
      await this.#report(pod, known.group);
      return soonest(undefined, leftMs + eciEndsMs);
    }
    if (known) return; // made; its first description is on the way
    if (hadGroup(pod)) return this.#lost(pod);
    if (leftMs <= 0) return this.#overdue(pod);
    return soonest(await this.#create(pod, context), leftMs);
  };

  /** True if the group's end has been asked for, and shows or may still show. */
  isDeleting({ containerGroupId = '', status }: Pick<ContainerGroup, 'containerGroupId' | 'status'>): boolean {
    const askedMs = this.#deleting.get(containerGroupId);
    if (askedMs === undefined) return false;
    return status === 'Terminating' || this.#options.clock.now() - askedMs < askAgainMs;
  }

  /** Deletes a group that belongs to no pod any more. */
  async deleteOrphan(group: ContainerGroup): Promise<void> {
    this.#options.logger.info({ group: group.containerGroupId }, 'deleting a group whose pod is gone');
    await this.#deleteGroup(group);
  }

  async #create(pod: Pod, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const { maker, index, clock, onAsked } = this.#options;
    const { uid = '' } = pod.metadata;
    const waitMs = Math.max((this.#notBefore.get(uid) ?? 0) - clock.now(), this.#refusals.restMs(pod));
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const made = await maker.make(pod, { signal, from: this.#attempts.get(uid)?.next });
    if ('id' in made) {
      index.created(uid, made.id);
      this.#attempts.set(uid, made.attempt);
      this.#notBefore.delete(uid);
      this.#forgetRefused(keyOf(pod));
      this.#wakeSome();
      onAsked();
      const created = { type: 'Normal', reason: 'Created', message: `Created container group ${made.id}` } as const;
      this.#tell(pod, [...made.events, created]);
      const { effects } = made;
      if (effects) await this.#write(pod, pod.status ?? { phase: 'Pending' }, effects);
      return undefined;
    }
    const { status, retry } = made;
    this.#tell(pod, this.#refusals.news(pod, made.events));
    if (status) await this.#write(pod, status);
    if (status && retry) this.#waiting.set(keyOf(pod), uid);
    if (status && retry && 'requeueAfterMs' in retry) this.#refusals.rest(pod, retry.requeueAfterMs ?? 0);
    if (retry instanceof Error) throw retry;
    return retry;
  }

  async #report(pod: Pod, group: ContainerGroup): Promise<void> {
    const { hostIP, probes, index } = this.#options;
    const { status, annotations } = podFacts(pod, group, {
      now: this.#now(),
      hostIP,
      imageIds: index.get(pod.metadata.uid ?? '')?.imageIds,
      verdictOf: (container) => probes.verdict(pod, container),
    });
    const { containerGroupId = '' } = group;
    this.#tell(pod, newEvents(this.#told.get(containerGroupId), group.events));
    this.#told.set(containerGroupId, group.events);
    await this.#evict(pod, group);
    const changed = await this.#write(pod, status, { annotations });
    if (!changed) return;
    this.#tell(pod, transitions(pod, status));
  }

  #tell(pod: Pod, all: readonly PodEvent[]): void {
    for (const { type, reason, message } of all) this.#options.events.event(pod, type, reason, message);
  }

  /** Before a spot instance is taken back, if the pod wants it so: by the Eviction API, so that budgets and grace periods hold. */
  async #evict(pod: Pod, { events = [] }: ContainerGroup): Promise<void> {
    const { annotations, uid = '', name = '', namespace, deletionTimestamp } = pod.metadata;
    const isTold = events.some(({ reason }) => reason === spotNotice);
    const wants = annotations?.[`${eciPrefix}eci-spot-release-strategy`] === 'api-evict';
    if (!isTold || !wants || deletionTimestamp !== undefined || this.#evicted.has(uid)) return;
    const { client, logger } = this.#options;
    this.#evicted.add(uid);
    try {
      await evict(client, { namespace, name, uid });
    } catch (error) {
      // A budget may forbid it for now: it is tried again as long as there is the pod.
      this.#evicted.delete(uid);
      if (!isNotFound(error)) logger.warn({ pod: keyOf(pod), error: messageOf(error) }, 'a pod could not be evicted');
    }
  }

  #forgetRefused(key: string): void {
    this.#waiting.delete(key);
    this.#refusals.forget(key);
  }

  /** One had what it asked for: some of those who were refused may have it too, and will wake others. */
  #wakeSome(): void {
    const { clock, enqueue } = this.#options;
    for (const [key, uid] of [...this.#waiting].slice(0, wokenAtOnce)) {
      this.#waiting.delete(key);
      if (this.#notBefore.has(uid)) this.#notBefore.set(uid, clock.now());
      this.#refusals.wake(key);
      enqueue(key);
    }
  }

  /** ECI took the call, and then had no instance: as if it had said so at once, but for a group to be cleared away first. */
  async #unmade(pod: Pod, group: ContainerGroup): Promise<ReconcileResult | void> {
    const { clock, events, hostIP, zone } = this.#options;
    const { containerGroupId: id = '' } = group;
    const { uid = '' } = pod.metadata;
    const { status } = podFacts(pod, group, { now: this.#now(), hostIP });
    const said = `${status.reason ?? ''}: ${status.message ?? ''}`;
    const used = this.#attempts.get(uid);
    if (!this.#deleting.has(id)) {
      events.event(pod, 'Warning', 'FailedScheduling', said);
      // Of spot there may be none where there is all else.
      if ((group.spotStrategy ?? 'NoSpot') === 'NoSpot') zone.refused(said);
    }
    const isLast = used?.isLast ?? true;
    const strategy = pod.metadata.annotations?.[`${eciPrefix}eci-fail-strategy`];
    const chosen = failStrategies.find((each) => each === strategy);
    if (isLast && failsOver(pod, zone, chosen)) {
      await this.#write(pod, { ...status, phase: 'Failed' });
      return this.#deleteGroup(group);
    }
    this.#notBefore.set(uid, clock.now() + (isLast ? retryScheduleMs : 0));
    this.#waiting.set(keyOf(pod), uid);
    await this.#write(pod, status, {
      annotations: { [instanceIdAnnotation]: undefined, [retriedAnnotation]: id },
    });
    return this.#deleteGroup(group);
  }

  /** Its group ended without our doing, and nothing will bring it back: whoever wants the pod makes another. */
  async #lost(pod: Pod): Promise<void> {
    await this.#write(pod, lostStatus(pod, this.#now()));
  }

  /** It was active for too long: before it had a group, or its group began the count later than its pod. */
  async #overdue(pod: Pod, id?: string): Promise<ReconcileResult | void> {
    const later = await this.#fail(pod, id, exceededStatus(pod, this.#now()));
    if (!later) this.#tell(pod, [{ type: 'Normal', ...deadlineExceeded }]);
    return later;
  }

  /** A probe of the node's failed in a pod that restarts nothing: ECI ends no single container, so all of them end. */
  #unhealthy(pod: Pod, id: string, message: string): Promise<ReconcileResult | void> {
    const ofContainers = { reason: 'Error', message };
    return this.#fail(pod, id, endedStatus(pod, { reason: 'Unhealthy', message, now: this.#now(), ofContainers }));
  }

  /** Says when to come again if its group's turn to go has not come. */
  async #fail(pod: Pod, id: string | undefined, status: PodStatus): Promise<ReconcileResult | void> {
    const later = id === undefined ? undefined : await this.#deleteGroup({ containerGroupId: id });
    if (later) return later;
    this.#forgetRefused(keyOf(pod));
    await this.#write(pod, status);
    return undefined;
  }

  async #remove(pod: Pod): Promise<ReconcileResult | void> {
    const { client, index, clock, eci } = this.#options;
    const { uid = '', name = '', namespace, deletionTimestamp = '' } = pod.metadata;
    const known = index.get(uid);
    // The timestamp already lies the grace period ahead of the moment of deletion.
    const leftMs = Date.parse(deletionTimestamp) + backstopMs - clock.now();
    if (known && leftMs > 0) {
      const sleepMs = stopAt(pod) - clock.now();
      const killMs = killAt(pod) - clock.now();
      const later =
        sleepMs > 0 && !isEnded(known.group)
          ? { requeueAfterMs: sleepMs }
          : await this.#deleteGroup(known.group ?? { containerGroupId: known.id }, { pod, force: killMs <= 0 });
      if (known.group) await this.#report(pod, known.group);
      return later ?? { requeueAfterMs: killMs > 0 ? Math.min(killMs, leftMs) : leftMs };
    }
    eci.giveUpTurn(uid);
    this.#evicted.delete(uid);
    this.#notBefore.delete(uid);
    this.#attempts.delete(uid);
    this.#forgetRefused(keyOf(pod));
    // Whoever keeps it from going, such as a Job, waits for its end.
    if (pod.metadata.finalizers?.length && !isOver(pod)) await this.#write(pod, removedStatus(pod, this.#now()));
    await client
      .delete(resources.pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    return undefined;
  }

  /** Says when to come again if it is not this one's turn yet. */
  async #deleteGroup(
    group: Pick<ContainerGroup, 'containerGroupId' | 'status'>,
    { pod, force = false }: { readonly pod?: Pod; readonly force?: boolean } = {},
  ): Promise<ReconcileResult | void> {
    const { containerGroupId: id = '' } = group;
    const isAsked = this.isDeleting(group);
    if (isAsked && (!force || this.#forced.has(id))) return undefined;
    const { eci, events, onAsked, clock } = this.#options;
    const waitMs = eci.deleteTurn(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    this.#deleting.set(id, clock.now());
    if (force) this.#forced.add(id);
    try {
      if (pod && !isAsked) events.event(pod, 'Normal', 'Killing', `Stopping container ${namesOf(pod)}`);
      await eci.delete(id, { force });
      onAsked();
    } catch (error) {
      this.#deleting.delete(id);
      this.#forced.delete(id);
      if (!isGroupGone(error)) throw error;
    }
    return undefined;
  }

  /** Forgets groups that are gone. */
  forget(present: ReadonlySet<string>): void {
    for (const id of this.#deleting.keys()) if (!present.has(id)) this.#deleting.delete(id);
    for (const id of this.#forced) if (!present.has(id)) this.#forced.delete(id);
    for (const id of this.#told.keys()) if (!present.has(id)) this.#told.delete(id);
  }

  #now(): string {
    return toTimestamp(this.#options.clock.now());
  }

  #write(pod: Pod, status: PodStatus, more: Omit<PodUpdate, 'status'> = {}): Promise<boolean> {
    return writePod(this.#options, pod, { status, ...more });
  }
}

/** What is said and when else to come again, at the latest when `ms` have passed. */
function soonest(result: ReconcileResult | void, ms: number): ReconcileResult | void {
  if (!Number.isFinite(ms)) return result;
  return { requeueAfterMs: Math.max(0, Math.min(result?.requeueAfterMs ?? ms, ms)) };
}

/** When a pod that is to go is told to stop: after its hooks have slept, within its grace. Timestamps are of whole seconds. */
function stopAt({ metadata, spec }: Pod): number {
  const { deletionTimestamp = '', deletionGracePeriodSeconds: graceSeconds = 0 } = metadata;
  const awakeSeconds = Math.max(0, graceSeconds - sleepBeforeStop(spec));
  return Date.parse(deletionTimestamp) + (awakeSeconds < graceSeconds ? 1000 : 0) - awakeSeconds * 1000;
}

/** When what is left of a pod that is to go is ended at once: ECI knows no shorter grace than the group's. */
function killAt({ metadata, spec }: Pod): number {
  const { deletionTimestamp = '', deletionGracePeriodSeconds: graceSeconds = 0 } = metadata;
  const isShorter = graceSeconds < (spec.terminationGracePeriodSeconds ?? defaultGraceSeconds);
  return isShorter ? Date.parse(deletionTimestamp) + 1000 : Number.POSITIVE_INFINITY;
}

function namesOf({ spec }: Pod): string {
  return partContainers(spec)
    .together.map(({ name }) => name)
    .join(', ');
}

/** Nothing of it has to be told to stop. */
function isEnded(group: ContainerGroup | undefined): boolean {
  return group?.status === 'Succeeded' || group?.status === 'Failed' || group?.status === 'Expired';
}
