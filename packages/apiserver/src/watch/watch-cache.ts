import { StatusError } from '@ebb/api';
import type { StorageEvent } from '../store/storage-event.ts';

/** A watcher. Neither function may throw. */
export interface WatchSink {
  /** Takes a committed event. `lines` shares encoded events between the watchers of one event. */
  readonly next: (event: StorageEvent, lines: Map<string, Buffer>) => void;
  /** The resource is served no more. */
  readonly end: () => void;
}

/** Most events kept for a resource, and most characters that they hold. */
const maxEvents = 1000;
const maxWeight = 32 * 1024 * 1024;

/** The latest events of one resource, for watchers that come a little late, and the watchers that are there. */
export class WatchCache {
  readonly #sinks = new Set<WatchSink>();
  #events: StorageEvent[] = [];
  #weight = 0;
  /** Events up to this revision are gone. */
  #floor: number;

  /** @param floor Revision at the start of the server: nothing is known of what was before. */
  constructor(floor: number) {
    this.#floor = floor;
  }

  /** Ends all watches. */
  end(): void {
    for (const sink of this.#sinks) sink.end();
  }

  /** Keeps an event and hands it to all watchers. */
  publish(event: StorageEvent): void {
    this.#events.push(event);
    this.#weight += event.current.weight;
    if (this.#events.length > maxEvents * 1.25 || this.#weight > maxWeight) this.#trim();
    const lines = new Map<string, Buffer>();
    for (const sink of this.#sinks) sink.next(event, lines);
  }

  /** Events after `revision`. Throws `StatusError` (`Expired`) if some of them are gone. */
  since(revision: number): StorageEvent[] {
    if (revision < this.#floor)
      throw new StatusError('Expired', `too old resource version: ${revision} (${this.#floor})`);
    let first = this.#events.length;
    while (first > 0 && (this.#events[first - 1]?.revision ?? 0) > revision) first--;
    return this.#events.slice(first);
  }

  /** Tells `sink` of each event to come, until disposed. */
  subscribe(sink: WatchSink): Disposable {
    this.#sinks.add(sink);
    return { [Symbol.dispose]: () => this.#sinks.delete(sink) };
  }

  /** Drops the oldest, a fifth at a time so that the cost is spread over many events. */
  #trim(): void {
    let keep = Math.min(maxEvents, this.#events.length - 1);
    let weight = 0;
    for (let i = 0; i < keep; i++) {
      weight += this.#events[this.#events.length - 1 - i]?.current.weight ?? 0;
      if (weight > maxWeight * 0.8) keep = Math.max(1, i);
    }
    const dropped = this.#events.slice(0, -keep);
    this.#events = this.#events.slice(-keep);
    this.#floor = dropped.at(-1)?.revision ?? this.#floor;
    this.#weight = this.#events.reduce((sum, event) => sum + event.current.weight, 0);
  }
}
