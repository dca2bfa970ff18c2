/** Granularity of the scale-down delay in seconds: the period of decisions. */
const slotSeconds = 2;

/**
 * The largest of the values recorded in the last `delaySeconds` (autoscaling.md, section 9), in slots of two seconds of absolute
 * time. Amortised constant cost: a value is kept only while no later one is as large. Allocates only while it grows.
 */
export class MaxWindow {
  readonly #slots: number;
  /** Candidates in a ring from `#head` on, oldest and largest first: when, and how much. */
  #when = new Float64Array(8);
  #value = new Float64Array(8);
  #head = 0;
  #count = 0;

  constructor(delaySeconds: number) {
    this.#slots = Math.ceil(delaySeconds / slotSeconds);
  }

  /** Takes in a value at `second` and returns the maximum then. A second before the last one counts as the last one. */
  record(second: number, value: number): number {
    const slot = this.#drop(second);
    while (this.#count > 0 && this.#valueAt(this.#count - 1) <= value) this.#count--;
    // A larger value of this very slot stays and covers this one.
    if (this.#count === 0 || this.#whenAt(this.#count - 1) !== slot) this.#push(slot, value);
    return this.#valueAt(0);
  }

  /** The maximum at `second` of what was recorded; −∞ if nothing is left. */
  maximum(second: number): number {
    this.#drop(second);
    return this.#count > 0 ? this.#valueAt(0) : Number.NEGATIVE_INFINITY;
  }

  /** Forgets all values. */
  clear(): void {
    this.#count = 0;
  }

  /** Drops what has left the window at `second`; returns the slot that it is in. */
  #drop(second: number): number {
    const slot = Math.floor(second / slotSeconds);
    const now = this.#count > 0 ? Math.max(slot, this.#whenAt(this.#count - 1)) : slot;
    while (this.#count > 0 && this.#whenAt(0) <= now - this.#slots) {
      this.#head = (this.#head + 1) & (this.#when.length - 1);
      this.#count--;
    }
    return now;
  }

  #push(slot: number, value: number): void {
    if (this.#count === this.#when.length) this.#grow();
    const index = (this.#head + this.#count++) & (this.#when.length - 1);
    this.#when[index] = slot;
    this.#value[index] = value;
  }

  #grow(): void {
    const { length } = this.#when;
    const when = new Float64Array(length * 2);
    const value = new Float64Array(length * 2);
    for (let i = 0; i < this.#count; i++) {
      when[i] = this.#whenAt(i);
      value[i] = this.#valueAt(i);
    }
    this.#when = when;
    this.#value = value;
    this.#head = 0;
  }

  #whenAt(index: number): number {
    return this.#when[(this.#head + index) & (this.#when.length - 1)] ?? 0;
  }

  #valueAt(index: number): number {
    return this.#value[(this.#head + index) & (this.#value.length - 1)] ?? 0;
  }
}
