/** Never written to. An infinity, so that arithmetic on it needs no special case. */
const never = Number.NEGATIVE_INFINITY;

/**
 * Sums of a metric by second, for the last `length` seconds (autoscaling.md, sections 4.1, 4.2 and 4.5). Seconds are whole
 * seconds since the epoch. The kinds of window differ in how they average over it. Nothing is allocated after construction.
 */
export abstract class BucketRing {
  protected buckets: Float64Array;
  /** Sum of all buckets. Kept by adding and subtracting: the order of operations is part of the result. */
  protected total = 0;
  /** Second of the first write of this run of data. */
  protected first: number = never;
  /** Second of the latest write. */
  protected last: number = never;

  /** @param length Seconds in the window; at least 1. */
  constructor(length: number) {
    this.buckets = new Float64Array(length);
  }

  /** The window's average as seen at `second`; 0 if there is nothing to average. */
  abstract average(second: number): number;

  /** Seconds in the window. */
  get length(): number {
    return this.buckets.length;
  }

  /** True if the last write has left the window. One second before that the window is not empty, and averages 0. */
  isEmpty(second: number): boolean {
    return second - this.last > this.buckets.length;
  }

  /** Adds `value` to the bucket of `second`; one too old for the window is dropped. */
  record(second: number, value: number): void {
    const { buckets } = this;
    if (this.last !== second) {
      if (second <= this.last - buckets.length) return;
      if (this.first === never || second < this.first) this.first = second;
      if (second > this.last) this.#advance(second);
    }
    const slot = second % buckets.length;
    buckets[slot] = (buckets[slot] ?? 0) + value;
    this.total += value;
  }

  /**
   * Gives the window another length, keeping what is still in it at `wallSecond`. What is kept then counts as if the old window had
   * been full: an oddity of the original that decisions depend on.
   */
  resize(length: number, wallSecond: number): void {
    const old = this.buckets;
    if (length === old.length) return;
    this.buckets = new Float64Array(length);
    this.total = 0;
    const isStale = wallSecond - this.last > old.length;
    this.first = isStale ? never : this.last - (old.length - 1);
    if (isStale) return;
    for (let age = 0; age < Math.min(old.length, length); age++) {
      const second = this.last - age;
      const value = old[second % old.length] ?? 0;
      this.buckets[second % length] = value;
      this.total += value;
    }
  }

  /** Makes `second` the latest, clearing the buckets that come back into use. */
  #advance(second: number): void {
    const { buckets } = this;
    if (second - this.last >= buckets.length) {
      this.first = second;
      this.total = 0;
      buckets.fill(0);
    } else {
      for (let s = this.last + 1; s <= second; s++) {
        const slot = s % buckets.length;
        this.total -= buckets[slot] ?? 0;
        buckets[slot] = 0;
      }
    }
    this.last = second;
  }
}
