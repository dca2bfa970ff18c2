import { ConnectionError, errorCodes } from './wire.ts';

/** What there is at most, and how fast it comes back. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** How much a peer may cost us without bringing anybody anything. Comes back with time, and by what is earned. */
export class Budget {
  readonly #rate: Rate;
  /** Milliseconds. */
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.burst;
    this.#atMs = now();
  }

  /** Throws a ConnectionError if that was too much. */
  spend(cost: number): void {
    const now = this.#now();
    this.earn((Math.max(0, now - this.#atMs) / 1000) * this.#rate.perSecond);
    this.#atMs = now;
    this.#left -= cost;
    if (this.#left < 0) throw new ConnectionError(errorCodes.enhanceYourCalm, 'too much that brings nobody anything');
  }

  earn(amount: number): void {
    this.#left = Math.min(this.#rate.burst, this.#left + amount);
  }
}
