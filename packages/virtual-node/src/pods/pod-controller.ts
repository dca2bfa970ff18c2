import { type Pod, type PodStatus, isNotFound, keyOf, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import {
  type EventRecorder,
  type Informer,
  type KubeClient,
  type ReconcileContext,
  type ReconcileResult,
  deepEqual,
  toTimestamp,
} from '@ebb/kube';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import { isGroupGone } from '../eci/error.ts';
import type { PodProbes } from '../probes/pod-probes.ts';
import type { GroupIndex } from './group-index.ts';
import type { GroupMaker } from './group-maker.ts';
import { isOver } from './is-over.ts';
import { instanceIdAnnotation, podFacts } from './pod-status.ts';
import { newEvents, transitions } from './transitions.ts';

interface ControllerOptions {
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'delete'>;
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
}

/** Beyond the grace period, how long a group may take to go before its Pod is removed without it. */
const backstopMs = 10_000;

/** Makes groups for pods and pods' statuses from groups, one pod at a time (serverless-node.md, section 1.3). */
export class PodController {
  readonly #options: ControllerOptions;
  /** Groups whose end has been asked for, by id. */
  readonly #deleting = new Set<string>();
  /** Events of groups that were told of, by group id. */
  readonly #told = new Map<string, ContainerGroup['events']>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** Brings pod and group of this key together. */
  readonly reconcile = async (key: string, context: ReconcileContext): Promise<ReconcileResult | void> => {
    const [namespace, name = ''] = key.split('/');
    const pod = this.#options.pods.get(namespace, name);
    if (!pod) return;
    const { uid = '', deletionTimestamp } = pod.metadata;
    if (deletionTimestamp || isOver(pod)) this.#options.probes.forget(uid);
    if (deletionTimestamp) return this.#remove(pod);
    if (isOver(pod)) return;
    const known = this.#options.index.get(uid);
    if (known?.group) {
      this.#options.probes.update(pod, known.group);
      return this.#report(pod, known.group);
    }
    if (known) return; // made; its first description is on the way
    if (pod.metadata.annotations?.[instanceIdAnnotation]) return this.#lost(pod);
    return this.#create(pod, context);
  };

  /** True if the group's end has been asked for. */
  isDeleting({ containerGroupId = '' }: ContainerGroup): boolean {
    return this.#deleting.has(containerGroupId);
  }

  /** Deletes a group that belongs to no pod any more. */
  async deleteOrphan({ containerGroupId = '' }: ContainerGroup): Promise<void> {
    this.#options.logger.info({ group: containerGroupId }, 'deleting a group whose pod is gone');
    await this.#deleteGroup(containerGroupId);
  }

  async #create(pod: Pod, { signal }: ReconcileContext): Promise<ReconcileResult | void> {
    const { maker, index, events, onAsked } = this.#options;
    const made = await maker.make(pod, signal);
    if ('id' in made) {
      index.created(pod.metadata.uid ?? '', made.id);
      onAsked();
      events.event(pod, 'Normal', 'Created', `Created container group ${made.id}`);
      return undefined;
    }
    const { status, event, retry } = made;
    if (status) await this.#write(pod, status);
    if (event) events.event(pod, 'Warning', event.reason, event.message);
    if (retry instanceof Error) throw retry;
    return retry;
  }

  async #report(pod: Pod, group: ContainerGroup): Promise<void> {
    const { clock, events, hostIP, probes, index } = this.#options;
    const { status, annotations } = podFacts(pod, group, {
      now: toTimestamp(clock.now()),
      hostIP,
      imageIds: index.get(pod.metadata.uid ?? '')?.imageIds,
      verdictOf: (container) => probes.verdict(pod, container),
    });
    const { containerGroupId = '' } = group;
    for (const { type, reason, message } of newEvents(this.#told.get(containerGroupId), group.events)) {
      events.event(pod, type, reason, message);
    }
    this.#told.set(containerGroupId, group.events);
    const changed = await this.#write(pod, status, annotations);
    if (!changed) return;
    for (const { type, reason, message } of transitions(pod.status, status)) events.event(pod, type, reason, message);
  }

  /** Its group ended without our doing, and nothing will bring it back: whoever wants the pod makes another. */
  async #lost(pod: Pod): Promise<void> {
    const message = 'the container group is gone';
    await this.#write(pod, { ...pod.status, phase: 'Failed', reason: 'InstanceLost', message, conditions: [] });
  }

  async #remove(pod: Pod): Promise<ReconcileResult | void> {
    const { client, index, clock } = this.#options;
    const { uid = '', name = '', namespace, deletionTimestamp = '' } = pod.metadata;
    const known = index.get(uid);
    // The timestamp already lies the grace period ahead of the moment of deletion.
    const leftMs = Date.parse(deletionTimestamp) + backstopMs - clock.now();
    if (known && leftMs > 0) {
      await this.#deleteGroup(known.id, pod);
      if (known.group) await this.#report(pod, known.group);
      return { requeueAfterMs: leftMs };
    }
    await client
      .delete(resources.pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    return undefined;
  }

  async #deleteGroup(id: string, pod?: Pod): Promise<void> {
    if (this.#deleting.has(id)) return;
    const { eci, events, onAsked } = this.#options;
    this.#deleting.add(id);
    try {
      if (pod) events.event(pod, 'Normal', 'Killing', `Stopping container group ${id}`);
      await eci.delete(id);
      onAsked();
    } catch (error) {
      this.#deleting.delete(id);
      if (!isGroupGone(error)) throw error;
    }
  }

  /** Forgets groups that are gone. */
  forget(present: ReadonlySet<string>): void {
    for (const id of this.#deleting) if (!present.has(id)) this.#deleting.delete(id);
    for (const id of this.#told.keys()) if (!present.has(id)) this.#told.delete(id);
  }

  /** Writes a status and annotations if they differ from what is stored; says whether it did. */
  async #write(
    pod: Pod,
    status: PodStatus,
    annotations: Readonly<Record<string, string | undefined>> = {},
  ): Promise<boolean> {
    const stored = pod.metadata.annotations ?? {};
    const changed = Object.entries(annotations).filter(([key, value]) => stored[key] !== value);
    if (
      changed.length === 0 &&
      deepEqual(pod.status, { ...pod.status, reason: undefined, message: undefined, ...status })
    )
      return false;
    const { client, logger } = this.#options;
    const { uid, name = '', namespace } = pod.metadata;
    const metadata = { uid, annotations: Object.fromEntries(changed.map(([key, value]) => [key, value ?? null])) };
    const body = { metadata, status: { reason: null, message: null, ...status } };
    try {
      await client.patch(resources.pods, { namespace, name }, { type: 'merge', body }, { subresource: 'status' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      logger.debug({ pod: keyOf(pod), error: messageOf(error) }, 'the pod is gone');
    }
    return true;
  }
}
