/** What `ConcurrencyAverage` tells of one period. */
export interface ConcurrencyReport {
  /** Requests present, weighted by time. 0 for a period without any time. */
  readonly average: number;
  /** Requests that began in the period. */
  readonly count: number;
}

/**
 * Time-weighted concurrency (autoscaling.md, section 3.1): integrates the requests present over time. A time before the last
 * one changes the counters but adds no time.
 */
export class ConcurrencyAverage {
  #present = 0;
  #count = 0;
  #integral = 0;
  #elapsedMs = 0;
  #lastMs: number;

  /** @param nowMs When the first period begins. */
  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** Requests present now. */
  get present(): number {
    return this.#present;
  }

  /** A request begins. */
  begin(nowMs: number): void {
    this.#count++;
    this.change(1, nowMs);
  }

  /** A request ends. */
  end(nowMs: number): void {
    this.change(-1, nowMs);
  }

  /** Requests come or go without having begun or ended, as when those on a draining pod stop to count. */
  change(delta: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#present += delta;
  }

  /** Ends a period, and begins the next with the requests still present. */
  report(nowMs: number): ConcurrencyReport {
    this.#advance(nowMs);
    const average = this.#elapsedMs > 0 ? this.#integral / this.#elapsedMs : 0;
    const count = this.#count;
    this.#integral = this.#elapsedMs = this.#count = 0;
    return { average, count };
  }

  #advance(nowMs: number): void {
    const elapsed = nowMs - this.#lastMs;
    if (elapsed <= 0) return;
    this.#integral += this.#present * elapsed;
    this.#elapsedMs += elapsed;
    this.#lastMs = nowMs;
  }
}
