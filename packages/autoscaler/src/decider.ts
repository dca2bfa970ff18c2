import { type DeciderState, type Observation, createState, decide } from './decide.ts';
import type { DeciderSpec } from './resolve.ts';
import { Metrics } from './windows/metrics.ts';

/** One revision's windows, its parameters and its last decision. Times are milliseconds since the epoch. */
export class Decider {
  #metrics: Metrics;
  readonly state: DeciderState;
  #spec: DeciderSpec;
  readonly #observed: Observation = { ready: 0, stable: 0, panic: 0 };

  /** @param ready Pods ready at this moment. */
  constructor(spec: DeciderSpec, ready: number, nowMs: number) {
    this.#spec = spec;
    this.#metrics = new Metrics(spec);
    this.state = createState(spec, ready, nowMs);
  }

  get metrics(): Metrics {
    return this.#metrics;
  }

  get spec(): DeciderSpec {
    return this.#spec;
  }

  /** Takes over new parameters. Panic, what the windows hold and the scale-down delay survive (autoscaling.md, section 11). */
  update(spec: DeciderSpec, nowMs: number): void {
    this.#spec = spec;
    this.#metrics.resize(spec, Math.floor(nowMs / 1000));
  }

  /** Adds the load of one second. */
  record(atMs: number, concurrency: number, requests: number): void {
    this.#metrics.record(Math.floor(atMs / 1000), concurrency, requests);
  }

  /** Empties the windows: what comes next stands by itself. */
  forget(): void {
    this.#metrics = new Metrics(this.#spec);
  }

  /**
   * Decides into `state`. False, with nothing changed, if the load is not known (section 6). `waiting` requests are load that is there
   * for certain, whatever the averages are: where concurrency counts, they are no less.
   */
  tick(ready: number, nowMs: number, waiting = 0): boolean {
    const second = Math.floor(nowMs / 1000);
    const { metric, scraped } = this.#spec;
    const { stable, panic } = this.#metrics[metric];
    const isEmpty = stable.isEmpty(second);
    if (isEmpty && scraped) return false;
    const least = metric === 'concurrency' && waiting > 0 ? waiting : Number.NEGATIVE_INFINITY;
    this.#observed.ready = ready;
    this.#observed.stable = Math.max(least, isEmpty ? 0 : stable.average(second));
    this.#observed.panic = Math.max(least, isEmpty ? 0 : panic.average(second));
    decide(this.#spec, this.#observed, this.state, nowMs);
    return true;
  }
}
