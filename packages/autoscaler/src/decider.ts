import { type DeciderState, type Observation, clockWasSet, createState, decide } from './decide.ts';
import type { DeciderSpec } from './resolve.ts';
import { Metrics } from './windows/metrics.ts';

/** Beyond it a load is a mistake, and running sums would lose what else they hold. */
const maxLoad = 1e12;
/** The last time that a date can tell. */
const maxTimeMs = 8.64e15;

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

  /** Adds the load of one second. Numbers that no average survives (NaN, infinite, beyond 10¹²) are left out. */
  record(atMs: number, concurrency: number, requests: number): void {
    if (!(atMs >= 0 && atMs <= maxTimeMs && Math.abs(concurrency) <= maxLoad && Math.abs(requests) <= maxLoad)) return;
    this.#metrics.record(Math.floor(atMs / 1000), concurrency, requests);
  }

  /** Empties the windows: what comes next stands by itself. */
  forget(): void {
    this.#metrics = new Metrics(this.#spec);
  }

  /** The clock was set back to `nowMs`: nothing that is remembered may lie ahead of it. */
  clockWasSet(nowMs: number): void {
    this.forget();
    clockWasSet(this.state, nowMs);
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
    if (isEmpty && scraped && !(waiting > 0)) return false;
    const least = metric === 'concurrency' && waiting > 0 ? waiting : Number.NEGATIVE_INFINITY;
    this.#observed.ready = ready;
    this.#observed.stable = Math.max(least, isEmpty ? 0 : stable.average(second));
    this.#observed.panic = Math.max(least, isEmpty ? 0 : panic.average(second));
    decide(this.#spec, this.#observed, this.state, nowMs);
    // Of a rate one cannot tell how many requests are there; one pod they need in any case.
    if (waiting > 0 && this.state.desired < 1) this.state.desired = 1;
    return true;
  }
}
