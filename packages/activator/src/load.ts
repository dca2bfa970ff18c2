import { ConcurrencyAverage, type RevisionStat, type StatReport, type StatSink } from '@ebb/api';
import type { Clock } from '@ebb/base';

/** What a revision can tell about this moment. */
export interface LoadSource {
  readonly namespace: string;
  readonly name: string;
  /** Requests without an instance. */
  readonly waiting: number;
  /** Requests by pod name, only pods that have any. */
  inFlightByPod(): Record<string, number>;
}

/** The load of one revision that is not idle. */
interface Entry {
  readonly source: LoadSource;
  readonly average: ConcurrencyAverage;
  /** The first request of this period was told of at once, and must not be told of again. */
  announced: boolean;
  /** Waiting requests the autoscaler knows of. */
  toldWaiting: number;
  /** Set while word of more of them is about to be sent. */
  soon?: Disposable | undefined;
}

export interface LoadReporterOptions {
  readonly clock: Clock;
  readonly gateway: string;
  readonly send: StatSink;
  /** Pods (`namespace/name`) that are draining and have no request. */
  readonly drained: () => readonly string[];
}

const periodMs = 1000;
/**
 * How far into each second the last one is told of. An autoscaler counts by whole seconds of its clock: as all gateways tell early in them,
 * and never near their border, each second has one report of each, and is known of when decisions are taken in it.
 */
const phaseMs = 100;
/** Requests that come together are told of together. */
const gatherMs = 5;

/**
 * Tells the autoscaler how many requests there are: each second, and at once when an idle revision gets its first
 * (data-path.md, section 10). Costs what the revisions in use cost, not those there are.
 */
export class LoadReporter implements Disposable {
  readonly #options: LoadReporterOptions;
  readonly #entries = new Map<LoadSource, Entry>();
  #timer: Disposable;

  constructor(options: LoadReporterOptions) {
    this.#options = options;
    this.#timer = this.#reportNext();
  }

  /** A request came. */
  begin(source: LoadSource): void {
    const now = this.#options.clock.now();
    const known = this.#entries.get(source);
    const entry = known ?? this.#add(source, now);
    entry.average.begin(now);
    if (known) return;
    entry.announced = true;
    entry.toldWaiting = 1;
    this.#send(now, [{ ...statOf(source), averageConcurrency: 1, requestCount: 1, waiting: 1 }]);
  }

  /**
   * A request has to wait. How many do is told within milliseconds, as long as the number grows: a second later a burst that
   * found no instance may be over, and would have been answered by one instance where many were wanted.
   */
  waits(source: LoadSource): void {
    const entry = this.#entries.get(source);
    if (!entry || entry.soon || source.waiting <= entry.toldWaiting) return;
    entry.soon = this.#options.clock.after(gatherMs, () => {
      entry.soon = undefined;
      if (source.waiting <= entry.toldWaiting) return;
      entry.toldWaiting = source.waiting;
      this.#send(this.#options.clock.now(), [statOf(source)]);
    });
  }

  /** A request is over. */
  end(source: LoadSource): void {
    this.change(source, -1);
  }

  /** Requests stop to count, or count again, though they go on: those on a draining pod need no new capacity. */
  change(source: LoadSource, delta: number): void {
    const now = this.#options.clock.now();
    const entry = this.#entries.get(source) ?? this.#add(source, now);
    entry.average.change(delta, now);
  }

  /** What is not idle. */
  sources(): Iterable<LoadSource> {
    return this.#entries.keys();
  }

  /** Has a revision without requests reported once with zero, so that its pods are known to be idle. */
  touch(source: LoadSource): void {
    if (!this.#entries.has(source)) this.#add(source, this.#options.clock.now());
  }

  /** Says nothing more of a revision. */
  forget(source: LoadSource): void {
    this.#entries.get(source)?.soon?.[Symbol.dispose]();
    this.#entries.delete(source);
  }

  /** Sends a closing zero for every revision, and ends. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    for (const { soon } of this.#entries.values()) soon?.[Symbol.dispose]();
    const zeros = [...this.#entries.keys()].map((source) => ({ ...statOf(source), waiting: 0, pods: {} }));
    this.#entries.clear();
    this.#send(this.#options.clock.now(), zeros);
  }

  #add(source: LoadSource, now: number): Entry {
    const entry: Entry = { source, average: new ConcurrencyAverage(now), announced: false, toldWaiting: 0 };
    this.#entries.set(source, entry);
    return entry;
  }

  #reportNext(): Disposable {
    const { clock } = this.#options;
    const period = (): number => Math.floor((clock.now() - phaseMs) / periodMs);
    const last = period();
    return clock.after((last + 1) * periodMs + phaseMs - clock.now(), () => {
      const isOver = period() !== last; // timers may come a hair too early
      this.#timer = this.#reportNext();
      if (isOver) this.#report();
    });
  }

  #report(): void {
    const now = this.#options.clock.now();
    const stats: RevisionStat[] = [];
    for (const entry of this.#entries.values()) stats.push(this.#close(entry, now));
    this.#send(now, stats);
  }

  /** What an entry has to say of the period; an idle one says it for the last time. */
  #close(entry: Entry, now: number): RevisionStat {
    const { average, count } = entry.average.report(now);
    const already = entry.announced ? 1 : 0;
    entry.announced = false;
    entry.toldWaiting = entry.source.waiting;
    if (average === 0 && count === 0 && entry.average.present === 0) this.#entries.delete(entry.source);
    return {
      ...statOf(entry.source),
      averageConcurrency: Math.max(0, average - already),
      requestCount: Math.max(0, count - already),
    };
  }

  #send(atMs: number, revisions: readonly RevisionStat[]): void {
    const { gateway, send, drained } = this.#options;
    send({ gateway, atMs, revisions, drained: drained() } satisfies StatReport);
  }
}

function statOf(source: LoadSource): RevisionStat {
  const { namespace, name, waiting } = source;
  return { namespace, name, averageConcurrency: 0, requestCount: 0, waiting, pods: source.inFlightByPod() };
}
