/** Never written to. An infinity, so that arithmetic on it needs no special case. */
const never = Number.NEGATIVE_INFINITY;

/** Which of the two values of a second is meant. */
export type Channel = 0 | 1;

/** Values of one second. */
export const channels = 2;
const unallocated = new Float64Array(0);

/**
 * Sums by second, for the last `length` seconds (autoscaling.md, sections 4.1, 4.2 and 4.5), of two values that are always recorded
 * together: they share their times. Seconds are whole seconds since the epoch. The kinds of window differ in how they average over it.
 * Memory is taken with the first value; after that nothing is allocated.
 */
export abstract class BucketRing {
  /** The values of a second lie side by side. */
  protected buckets: Float64Array = unallocated;
  /** Sums of all buckets. Kept by adding and subtracting: the order of operations is part of the result. */
  protected total = 0;
  protected otherTotal = 0;
  /** Second of the first write of this run of data. */
  protected first: number = never;
  /** Second of the latest write. */
  protected last: number = never;
  #length: number;

  /** @param length Seconds in the window; at least 1. */
  constructor(length: number) {
    this.#length = length;
  }

  /** The window's average as seen at `second`; 0 if there is nothing to average. */
  abstract average(second: number, channel?: Channel): number;

  /** Seconds in the window. */
  get length(): number {
    return this.#length;
  }

  /** True if the last write has left the window. One second before that the window is not empty, and averages 0. */
  isEmpty(second: number): boolean {
    return second - this.last > this.#length;
  }

  /** Adds values to the buckets of `second`; what is too old for the window is dropped. */
  record(second: number, value: number, other = 0): void {
    const length = this.#length;
    if (this.last !== second) {
      if (second <= this.last - length) return;
      if (this.first === never || second < this.first) this.first = second;
      if (second > this.last) this.#advance(second);
    }
    if (this.buckets === unallocated) this.buckets = new Float64Array(length * channels);
    const slot = (second % length) * channels;
    const { buckets } = this;
    buckets[slot] = (buckets[slot] ?? 0) + value;
    buckets[slot + 1] = (buckets[slot + 1] ?? 0) + other;
    this.total += value;
    this.otherTotal += other;
  }

  /**
   * Gives the window another length, keeping what is still in it at `wallSecond`. What is kept then counts as if the old window had
   * been full: an oddity of the original that decisions depend on.
   */
  resize(length: number, wallSecond: number): void {
    const old = this.#length;
    if (length === old) return;
    const { buckets } = this;
    const isStale = wallSecond - this.last > old;
    this.#length = length;
    this.buckets = unallocated;
    this.total = 0;
    this.otherTotal = 0;
    this.first = isStale ? never : this.last - (old - 1);
    if (isStale) return;
    this.buckets = new Float64Array(length * channels);
    for (let age = 0; age < Math.min(old, length); age++) {
      const second = this.last - age;
      const from = (second % old) * channels;
      const to = (second % length) * channels;
      this.total += this.buckets[to] = buckets[from] ?? 0;
      this.otherTotal += this.buckets[to + 1] = buckets[from + 1] ?? 0;
    }
  }

  /** Makes `second` the latest, clearing the buckets that come back into use. */
  #advance(second: number): void {
    const { buckets } = this;
    const length = this.#length;
    if (second - this.last >= length) {
      this.first = second;
      this.total = 0;
      this.otherTotal = 0;
      buckets.fill(0);
    } else {
      for (let s = this.last + 1; s <= second; s++) {
        const slot = (s % length) * channels;
        this.total -= buckets[slot] ?? 0;
        this.otherTotal -= buckets[slot + 1] ?? 0;
        buckets[slot] = 0;
        buckets[slot + 1] = 0;
      }
    }
    this.last = second;
  }
}
