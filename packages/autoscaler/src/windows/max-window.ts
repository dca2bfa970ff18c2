/** Granularity of the scale-down delay in seconds: the period of decisions. */
const slotSeconds = 2;

/**
 * The largest of the values recorded in the last `delaySeconds` (autoscaling.md, section 9), in slots of two seconds of absolute
 * time. Amortised constant cost: a value is kept only while no later one is as large.
 */
export class MaxWindow {
  readonly #slots: number;
  /** Candidates, oldest and largest first; those before `#head` are spent. */
  readonly #candidates: { slot: number; value: number }[] = [];
  #head = 0;

  constructor(delaySeconds: number) {
    this.#slots = Math.ceil(delaySeconds / slotSeconds);
  }

  /** Takes in a value at `second` and returns the maximum then. Seconds must not decrease. */
  record(second: number, value: number): number {
    const slot = Math.floor(second / slotSeconds);
    const candidates = this.#candidates;
    const isSpent = (candidate: { readonly slot: number } | undefined): boolean =>
      candidate !== undefined && candidate.slot <= slot - this.#slots;
    while (isSpent(candidates[this.#head])) this.#head++;
    while (candidates.length > this.#head && (candidates.at(-1)?.value ?? 0) <= value) candidates.pop();
    // A larger value of this very slot stays and covers this one.
    if (candidates.at(-1)?.slot !== slot || candidates.length <= this.#head) candidates.push({ slot, value });
    this.#compact();
    return candidates[this.#head]?.value ?? value;
  }

  #compact(): void {
    if (this.#head < 32 || this.#head * 2 < this.#candidates.length) return;
    this.#candidates.splice(0, this.#head);
    this.#head = 0;
  }
}
