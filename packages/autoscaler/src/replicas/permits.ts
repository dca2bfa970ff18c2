import { type Clock, type Rate, TokenBucket } from '@ebb/base';
import { Slots } from './slots.ts';

/** Creations of pods under way at a time, over all revisions. */
const creationsAtOnce = 32;

/** Leave to create pods: so many calls at a time, and within the provider's limit of calls a minute. */
export class Permits {
  readonly #slots = new Slots(creationsAtOnce);
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(rate: Rate, clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(rate, clock.now());
  }

  configure(rate: Rate): void {
    this.#bucket.configure(rate);
  }

  /** True if leave was given: it must be given back when the call has ended. Otherwise `retry` is called once, when there may be leave. */
  take(retry: () => void): boolean {
    if (!this.#slots.take(retry)) return false;
    const waitMs = this.#bucket.take(this.#clock.now());
    if (waitMs === 0) return true;
    this.#slots.giveSilently();
    this.#retryAfter(waitMs, retry);
    return false;
  }

  give(): void {
    this.#slots.give();
  }

  #retryAfter(waitMs: number, retry: () => void): void {
    const isFirst = this.#waiting.size === 0;
    this.#waiting.add(retry);
    if (!isFirst) return;
    this.#clock.after(Math.max(1, waitMs), () => {
      const retries = [...this.#waiting];
      this.#waiting.clear();
      for (const each of retries) each();
    });
  }
}
