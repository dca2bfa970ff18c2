import type { Aggregation } from '@ebb/api';
import type { BucketRing, Channel } from './bucket-ring.ts';
import { LinearWindow } from './linear-window.ts';
import { WeightedWindow } from './weighted-window.ts';

/** Lengths and kind of the windows of one revision. */
export interface MetricSpec {
  readonly metric: 'concurrency' | 'rps';
  readonly aggregation: Aggregation;
  readonly stableWindowSeconds: number;
  readonly panicWindowSeconds: number;
}

/** What a revision does, over time: concurrency and requests a second, in a stable and a panic window. */
export class Metrics {
  readonly #stable: BucketRing;
  readonly #panic: BucketRing;

  constructor({ aggregation, stableWindowSeconds, panicWindowSeconds }: MetricSpec) {
    const Window = aggregation === 'linear' ? LinearWindow : WeightedWindow;
    this.#stable = new Window(stableWindowSeconds);
    this.#panic = new Window(panicWindowSeconds);
  }

  /** Concurrency in both windows. */
  get concurrency(): WindowPair {
    return this.#pair('concurrency');
  }

  /** Requests a second in both windows. */
  get rps(): WindowPair {
    return this.#pair('rps');
  }

  /** True if the stable window is (autoscaling.md, section 6). */
  isEmpty(second: number): boolean {
    return this.#stable.isEmpty(second);
  }

  stableAverage(metric: MetricSpec['metric'], second: number): number {
    return this.#stable.average(second, channelOf(metric));
  }

  panicAverage(metric: MetricSpec['metric'], second: number): number {
    return this.#panic.average(second, channelOf(metric));
  }

  /** Adds what was seen in one second; several reports of a second add up. */
  record(second: number, concurrency: number, requests: number): void {
    this.#stable.record(second, concurrency, requests);
    this.#panic.record(second, concurrency, requests);
  }

  /** Takes over new window lengths. The aggregation stays what it was at creation. */
  resize({ stableWindowSeconds, panicWindowSeconds }: MetricSpec, wallSecond: number): void {
    this.#stable.resize(stableWindowSeconds, wallSecond);
    this.#panic.resize(panicWindowSeconds, wallSecond);
  }

  #pair(metric: MetricSpec['metric']): WindowPair {
    const channel = channelOf(metric);
    return { stable: view(this.#stable, channel), panic: view(this.#panic, channel) };
  }
}

/** One metric in both windows. */
export interface WindowPair {
  readonly stable: WindowView;
  readonly panic: WindowView;
}

/** One metric in one window. */
export interface WindowView {
  isEmpty(second: number): boolean;
  average(second: number): number;
}

function channelOf(metric: MetricSpec['metric']): Channel {
  return metric === 'rps' ? 1 : 0;
}

function view(ring: BucketRing, channel: Channel): WindowView {
  return { isEmpty: (second) => ring.isEmpty(second), average: (second) => ring.average(second, channel) };
}
