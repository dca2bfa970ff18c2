import type { Aggregation } from '@ebb/api';
import type { BucketRing } from './bucket-ring.ts';
import { LinearWindow } from './linear-window.ts';
import { WeightedWindow } from './weighted-window.ts';

/** Lengths and kind of the windows of one revision. */
export interface MetricSpec {
  readonly metric: 'concurrency' | 'rps';
  readonly aggregation: Aggregation;
  readonly stableWindowSeconds: number;
  readonly panicWindowSeconds: number;
}

/** What a revision does, over time: concurrency and requests a second, each in a stable and a panic window. */
export class Metrics {
  readonly concurrency: WindowPair;
  readonly rps: WindowPair;

  constructor(spec: MetricSpec) {
    this.concurrency = makePair(spec);
    this.rps = makePair(spec);
  }

  /** Adds what was seen in one second; several reports of a second add up. */
  record(second: number, concurrency: number, requests: number): void {
    this.concurrency.stable.record(second, concurrency);
    this.concurrency.panic.record(second, concurrency);
    this.rps.stable.record(second, requests);
    this.rps.panic.record(second, requests);
  }

  /** Takes over new window lengths. The aggregation stays what it was at creation. */
  resize({ stableWindowSeconds, panicWindowSeconds }: MetricSpec, wallSecond: number): void {
    for (const pair of [this.concurrency, this.rps]) {
      pair.stable.resize(stableWindowSeconds, wallSecond);
      pair.panic.resize(panicWindowSeconds, wallSecond);
    }
  }
}

/** One metric in both windows. */
export interface WindowPair {
  readonly stable: BucketRing;
  readonly panic: BucketRing;
}

function makePair({ aggregation, stableWindowSeconds, panicWindowSeconds }: MetricSpec): WindowPair {
  const Window = aggregation === 'linear' ? LinearWindow : WeightedWindow;
  return { stable: new Window(stableWindowSeconds), panic: new Window(panicWindowSeconds) };
}
