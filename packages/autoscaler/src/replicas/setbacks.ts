import { backoffMs } from '@ebb/kube';

const waits = { baseMs: 1000, capMs: 60_000, jitter: 0.2 };
/** Without a failure for this long a revision counts as sound again. */
const soundAfterMs = 300_000;

/** Failures of a revision's pods in a row, and how long to wait before the next try. */
export class Setbacks {
  readonly #random: () => number;
  #count = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** A pod has failed, or could not be made. Failures while one is being waited out count as the same. */
  add(nowMs: number): void {
    if (nowMs < this.#notBeforeMs) return;
    if (nowMs - this.#lastMs > soundAfterMs) this.#count = 0;
    this.#count++;
    this.#lastMs = nowMs;
    this.#notBeforeMs = nowMs + backoffMs(waits, this.#count, this.#random);
  }

  /** Milliseconds until pods may be made again; 0 if they may now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#notBeforeMs - nowMs);
  }
}
