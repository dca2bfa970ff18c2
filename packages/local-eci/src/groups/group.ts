import { type Clock, type Logger, messageOf } from '@ebb/base';
import {
  type GroupPhase,
  type GroupSpec,
  type GroupState,
  type ImageCredential,
  type Tag,
  type VolumeSpec,
  isFinal,
} from '../model.ts';
import type { Placement } from '../placement/place.ts';
import type { GroupEvent, GroupHost, Instance, Runtime } from '../runtime.ts';
import { EciError } from '../wire/error.ts';

/** How many kinds of events are kept of a group (serverless-node.md, section 2.3). */
const maxEvents = 50;
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Who tells of an event: ECI itself, or what runs the containers. */
export const eventSources = ['EciService', 'K8sAgent'] as const;
export type EventSource = (typeof eventSources)[number];

/** An event and how often it came. */
export interface RecordedEvent extends GroupEvent {
  readonly source: EventSource;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
}

/** One container group as the API knows it: the spec, the instance that runs it, and its events. */
export class Group {
  readonly id: string;
  /** Counts the groups of this ECI, from 1: their order. */
  readonly number: number;
  /** As asked for, and as updated since. */
  spec: GroupSpec;
  readonly placement: Placement;
  readonly createdAtMs: number;
  readonly clientToken: string | undefined;
  /** Last time anything in it changed; what `SinceSecond` asks for. */
  changedAtMs: number;
  readonly #onChange: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #events: RecordedEvent[] = [];
  #instance: Instance | undefined;
  #stopping: Promise<void> | undefined;
  /** How it ended by something that is not its containers' doing. */
  #end: { readonly phase: GroupPhase; readonly reason: string; readonly message: string; atMs: number } | undefined;
  /** When a spot instance goes, once that has been told. */
  #expiresAtMs: number | undefined;
  #expiry: Disposable | undefined;
  #pendingLimit: Disposable | undefined;
  #isRestarting = false;

  constructor(options: {
    readonly id: string;
    readonly number: number;
    readonly spec: GroupSpec;
    readonly placement: Placement;
    readonly clientToken: string | undefined;
    /** Told of each change of its state. */
    readonly onChange?: (() => void) | undefined;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.id = options.id;
    this.number = options.number;
    this.spec = options.spec;
    this.placement = options.placement;
    this.clientToken = options.clientToken;
    this.#onChange = options.onChange;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ group: options.id });
    this.createdAtMs = this.changedAtMs = options.clock.now();
  }

  /** Hands the group to a runtime, unless it was deleted before it came to that. */
  start(runtime: Runtime): void {
    if (this.#stopping) return;
    if (this.placement.isLate) {
      const message = 'The stock was gone when the instance was to be made.';
      this.#record({ type: 'Warning', reason: 'NoStock', message });
      this.#endAs('ScheduleFailed', 'NoStock', message);
      return;
    }
    const { imageCacheId } = this.placement;
    if (imageCacheId !== undefined) {
      const message = `The instance is made from the image cache ${imageCacheId}.`;
      this.#record({ type: 'Normal', reason: 'SuccessfulHitImageCache', message });
    }
    const host: GroupHost = {
      changed: () => this.#touch(),
      event: (event) => this.#record(event, 'K8sAgent'),
      imageCredentials: () => this.spec.imageCredentials,
    };
    const { maxPendingMinutes } = this.spec;
    this.#pendingLimit = this.#clock.after(maxPendingMinutes * minuteMs, () => {
      const message = `The instance was pending for more than ${maxPendingMinutes} minutes.`;
      this.#record({ type: 'Warning', reason: 'PendingTimeout', message });
      this.#cut('Failed', 'PendingTimeout', message);
    });
    const spec = imageCacheId === undefined ? this.spec : { ...this.spec, hasImages: true };
    this.#instance = runtime.create(this.id, spec, host);
  }

  get instance(): Instance | undefined {
    return this.#instance;
  }

  get state(): GroupState {
    const state = this.#instance?.state ?? { phase: 'Scheduling', initContainers: [], containers: [] };
    if (!this.#end) return this.#isRestarting && !isFinal(state.phase) ? { ...state, phase: 'Restarting' } : state;
    const { phase, reason, message, atMs } = this.#end;
    return { ...state, phase, reason, message, finishedAtMs: atMs };
  }

  /** When it is taken back, once that has been told; milliseconds since the epoch. */
  get expiresAtMs(): number | undefined {
    return this.#expiresAtMs;
  }

  /** Until when a spot instance is not taken back. */
  get protectedUntilMs(): number {
    return this.createdAtMs + (this.spec.spot?.durationHours ?? 0) * hourMs;
  }

  /** Tells that the spot instance will be taken back, and does so after `noticeMs`. */
  reclaim(noticeMs: number): void {
    if (this.isFinal || this.#stopping || this.#expiresAtMs !== undefined) return;
    const nowMs = this.#clock.now();
    this.#expiresAtMs = nowMs + noticeMs;
    const message = `The spot instance will be released in ${Math.round(noticeMs / 1000)} s.`;
    this.#record({ type: 'Warning', reason: 'SpotToBeReleased', message });
    this.#expiry = this.#clock.after(noticeMs, () =>
      this.#cut('Expired', 'BidFailed', 'The spot instance was released.'),
    );
  }

  /** The machine below it fails, without a word before. */
  kill(): void {
    const message = 'The instance failed.';
    this.#record({ type: 'Warning', reason: 'InstanceFailure.Reboot', message });
    this.#cut('Failed', 'InstanceFailure', message);
  }

  #cut(phase: GroupPhase, reason: string, message: string): void {
    if (this.isFinal || this.#stopping) return;
    this.#endAs(phase, reason, message);
    this.#endTimers();
    this.#instance
      ?.stop()
      .catch((error: unknown) => this.#logger.error({ error: messageOf(error) }, 'cutting a container group failed'));
  }

  #endAs(phase: GroupPhase, reason: string, message: string): void {
    this.#end = { phase, reason, message, atMs: this.#clock.now() };
    this.#touch();
  }

  /** The word ECI has for where the group stands. */
  get status(): string {
    return this.#stopping ? 'Terminating' : this.state.phase;
  }

  get isFinal(): boolean {
    return isFinal(this.state.phase);
  }

  get #isPending(): boolean {
    const { phase } = this.state;
    return phase === 'Scheduling' || phase === 'Pending' || phase === 'Restarting';
  }

  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /**
   * Gives config volumes new files while the containers run. Throws `EciError` for a volume that is not there, is none of files,
   * or if nothing is new.
   */
  async updateVolumes(changed: readonly VolumeSpec[]): Promise<void> {
    for (const { name, type } of changed) {
      const known = this.spec.volumes.find((volume) => volume.name === name);
      if (known?.type !== 'ConfigFileVolume' || type !== known.type) {
        throw new EciError('InvalidParameter', `The group has no ConfigFileVolume ${name}.`);
      }
    }
    const volumes = this.spec.volumes.map((volume) => changed.find(({ name }) => name === volume.name) ?? volume);
    if (JSON.stringify(volumes) === JSON.stringify(this.spec.volumes)) {
      throw new EciError('NoNeedUpdate', 'The update changes nothing.');
    }
    this.spec = { ...this.spec, volumes };
    this.#touch();
    await this.#instance?.updateVolumes(changed);
  }

  /** Has its images be pulled as others from now on. Throws `EciError` if nothing is new. */
  updateCredentials(imageCredentials: readonly ImageCredential[]): void {
    if (JSON.stringify(imageCredentials) === JSON.stringify(this.spec.imageCredentials)) {
      throw new EciError('NoNeedUpdate', 'The update changes nothing.');
    }
    this.spec = { ...this.spec, imageCredentials };
    this.#touch();
  }

  updateTags(tags: readonly Tag[]): void {
    this.spec = { ...this.spec, tags };
    this.#touch();
  }

  /** Stops and starts all containers; returns at once. */
  restart(): void {
    this.#isRestarting = true;
    this.#touch();
    void this.#restart();
  }

  async #restart(): Promise<void> {
    try {
      await this.#instance?.restart();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'restarting a container group failed');
    } finally {
      this.#isRestarting = false;
      this.#touch();
    }
  }

  /** Stops the group; resolves, and never rejects, when nothing of it is left. May be called again. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#touch();
    this.#endTimers();
    try {
      await this.#instance?.stop();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'stopping a container group failed');
    }
  }

  #endTimers(): void {
    this.#expiry?.[Symbol.dispose]();
    this.#pendingLimit?.[Symbol.dispose]();
  }

  #touch(): void {
    this.changedAtMs = this.#clock.now();
    if (this.#pendingLimit && !this.#isPending) {
      this.#pendingLimit[Symbol.dispose]();
      this.#pendingLimit = undefined;
    }
    this.#onChange?.();
  }

  #record(event: GroupEvent, source: EventSource = 'EciService'): void {
    const nowMs = this.#clock.now();
    const at = this.#events.findIndex(({ reason, message }) => reason === event.reason && message === event.message);
    const [before] = at === -1 ? [] : this.#events.splice(at, 1);
    this.#events.push({
      ...event,
      source,
      firstAtMs: before?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
      count: (before?.count ?? 0) + 1,
    });
    this.#events = this.#events.slice(-maxEvents);
    this.#touch();
  }
}
