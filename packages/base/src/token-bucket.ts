/** How often something may be done, with a stock for bursts. */
export interface Rate {
  readonly perSecond: number;
  /** Largest stock. */
  readonly burst: number;
}

/** A stock of permits that fills up with time. Times are milliseconds since the epoch. */
export class TokenBucket {
  #rate: Rate;
  #tokens: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Changes the rate; what is in stock stays, as far as there is room. */
  configure(rate: Rate): void {
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, rate.burst);
  }

  /** Takes away what is in stock: somebody else used it up. */
  drain(nowMs: number): void {
    this.#tokens = 0;
    this.#atMs = nowMs;
  }

  /** 0 if a permit was taken, else milliseconds until there is one. */
  take(nowMs: number): number {
    const passed = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + passed * this.#rate.perSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return ((1 - this.#tokens) / this.#rate.perSecond) * 1000;
    this.#tokens--;
    return 0;
  }
}
