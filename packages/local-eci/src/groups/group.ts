import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type GroupPhase, type GroupSpec, type GroupState, type Tag, isFinal } from '../model.ts';
import type { Placement } from '../placement/place.ts';
import type { GroupEvent, GroupHost, Instance, Runtime, StopOptions } from '../runtime.ts';
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
  /** While all its containers are stopped and started. */
  #turning: 'Restarting' | 'Updating' | undefined;

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
    this.#instance = runtime.create(this.id, this.#toRun(), host);
  }

  #toRun(): GroupSpec {
    return this.placement.imageCacheId === undefined ? this.spec : { ...this.spec, hasImages: true };
  }

  get instance(): Instance | undefined {
    return this.#instance;
  }

  get state(): GroupState {
    const state = this.#instance?.state ?? { phase: 'Scheduling', initContainers: [], containers: [] };
    if (!this.#end) {
      return this.#turning === 'Restarting' && !isFinal(state.phase) ? { ...state, phase: 'Restarting' } : state;
    }
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
    if (this.#stopping) return 'Terminating';
    return this.#turning === 'Updating' && !this.isFinal ? 'Updating' : this.state.phase;
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
   * Gives config volumes new files while the containers run; if these are to be others, all are stopped and started anew. Throws
   * `EciError` if nothing is new.
   */
  async update(next: GroupSpec): Promise<void> {
    const before = this.spec;
    if (isSame(next, before)) throw new EciError('NoNeedUpdate', 'The update changes nothing.');
    this.spec = next;
    this.#touch();
    const volumes = next.volumes.filter((volume, index) => !isSame(volume, before.volumes[index]));
    if (volumes.length > 0) await this.#instance?.updateVolumes(volumes);
    const parts = (spec: GroupSpec): unknown => [spec.restartPolicy, spec.initContainers, spec.containers];
    if (!isSame(parts(next), parts(before))) this.#turn('Updating');
  }

  updateTags(tags: readonly Tag[]): void {
    this.spec = { ...this.spec, tags };
    this.#touch();
  }

  /** Stops and starts all containers; returns at once. */
  restart(): void {
    this.#turn('Restarting');
  }

  #turn(how: 'Restarting' | 'Updating'): void {
    this.#turning = how;
    this.#touch();
    void this.#restart();
  }

  async #restart(): Promise<void> {
    try {
      await this.#instance?.restart(this.#toRun());
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'restarting a container group failed');
    } finally {
      this.#turning = undefined;
      this.#touch();
    }
  }

  /** Stops the group; resolves, and never rejects, when nothing of it is left. May be called again, also to wait for no grace. */
  stop(options: StopOptions = {}): Promise<void> {
    if (this.#stopping && options.force) void this.#instance?.stop(options);
    return (this.#stopping ??= this.#stop(options));
  }

  async #stop(options: StopOptions): Promise<void> {
    this.#touch();
    this.#endTimers();
    try {
      await this.#instance?.stop(options);
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

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
