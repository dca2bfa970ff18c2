import { type Carried, type DeciderState, type Observation, clockWasSet, createState, decide } from './decide.ts';
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
  readonly #observed: Required<Observation> = { ready: 0, starting: 0, waiting: 0, stable: 0, panic: 0 };
  /** What the last decision began with. */
  readonly #before = { panicSinceMs: 0, maxPanicPods: 0, delayed: 0 };

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

  /** What the last decision saw. */
  get observed(): Readonly<Required<Observation>> {
    return this.#observed;
  }

  /** What the last decision began with. */
  get carried(): Carried {
    const { panicSinceMs, maxPanicPods, delayed } = this.#before;
    const known = (value: number): number | null => (value === Number.NEGATIVE_INFINITY ? null : value);
    return { panicSinceMs: known(panicSinceMs), maxPanicPods, delayed: known(delayed) };
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
   * for certain, whatever the averages are: where concurrency counts, they are no less. `starting` pods are on their way to be ready.
   */
  tick(ready: number, nowMs: number, waiting = 0, starting = 0): boolean {
    const second = Math.floor(nowMs / 1000);
    const { metric, scraped } = this.#spec;
    const metrics = this.#metrics;
    const isEmpty = metrics.isEmpty(second);
    if (isEmpty && scraped && !(waiting > 0)) return false;
    const observed = this.#observed;
    const least = metric === 'concurrency' && waiting > 0 ? waiting : Number.NEGATIVE_INFINITY;
    observed.ready = ready;
    observed.starting = starting;
    observed.waiting = waiting > 0 ? waiting : 0;
    observed.stable = Math.max(least, isEmpty ? 0 : metrics.stableAverage(metric, second));
    observed.panic = Math.max(least, isEmpty ? 0 : metrics.panicAverage(metric, second));
    this.#remember(second);
    decide(this.#spec, observed, this.state, nowMs);
    return true;
  }

  #remember(second: number): void {
    const before = this.#before;
    const { panicSinceMs, maxPanicPods, delay } = this.state;
    before.panicSinceMs = panicSinceMs;
    before.maxPanicPods = maxPanicPods;
    before.delayed = delay ? delay.maximum(second) : Number.NEGATIVE_INFINITY;
  }
}
