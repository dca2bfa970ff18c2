import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type GroupSpec, type GroupState, type VolumeSpec, isFinal } from '../model.ts';
import type { GroupEvent, GroupHost, Instance, Runtime } from '../runtime.ts';
import { EciError } from '../wire/error.ts';

/** How many kinds of events are kept of a group (serverless-node.md, section 2.3). */
const maxEvents = 50;

/** An event and how often it came. */
export interface RecordedEvent extends GroupEvent {
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
  readonly createdAtMs: number;
  readonly clientToken: string | undefined;
  /** Last time anything in it changed; what `SinceSecond` asks for. */
  changedAtMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #events: RecordedEvent[] = [];
  #instance: Instance | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: {
    readonly id: string;
    readonly number: number;
    readonly spec: GroupSpec;
    readonly clientToken: string | undefined;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.id = options.id;
    this.number = options.number;
    this.spec = options.spec;
    this.clientToken = options.clientToken;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ group: options.id });
    this.createdAtMs = this.changedAtMs = options.clock.now();
  }

  /** Hands the group to a runtime, unless it was deleted before it came to that. */
  start(runtime: Runtime): void {
    if (this.#stopping) return;
    const host: GroupHost = { changed: () => this.#touch(), event: (event) => this.#record(event) };
    this.#instance = runtime.create(this.id, this.spec, host);
  }

  get instance(): Instance | undefined {
    return this.#instance;
  }

  get state(): GroupState {
    return this.#instance?.state ?? { phase: 'Scheduling', initContainers: [], containers: [] };
  }

  /** The word ECI has for where the group stands. */
  get status(): string {
    return this.#stopping ? 'Terminating' : this.state.phase;
  }

  get isFinal(): boolean {
    return isFinal(this.state.phase);
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

  /** Stops and starts all containers; returns at once. */
  restart(): void {
    this.#instance
      ?.restart()
      .catch((error: unknown) =>
        this.#logger.error({ error: messageOf(error) }, 'restarting a container group failed'),
      );
  }

  /** Stops the group; resolves, and never rejects, when nothing of it is left. May be called again. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#touch();
    try {
      await this.#instance?.stop();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'stopping a container group failed');
    }
  }

  #touch(): void {
    this.changedAtMs = this.#clock.now();
  }

  #record(event: GroupEvent): void {
    const nowMs = this.#clock.now();
    const at = this.#events.findIndex(({ reason, message }) => reason === event.reason && message === event.message);
    const [before] = at === -1 ? [] : this.#events.splice(at, 1);
    this.#events.push({
      ...event,
      firstAtMs: before?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
      count: (before?.count ?? 0) + 1,
    });
    this.#events = this.#events.slice(-maxEvents);
    this.#touch();
  }
}
