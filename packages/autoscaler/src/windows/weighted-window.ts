import { BucketRing, type Channel, channels } from './bucket-ring.ts';

const smallestSmoothing = 0.2;
/** Share of all weight that falls before a full window. */
const weightBeforeWindow = 0.0001;

/**
 * A window in which each second weighs a fixed factor less than the next newer one (autoscaling.md, section 5). The weights of a
 * young window do not sum to 1, and missing seconds at the end count as zeros.
 */
export class WeightedWindow extends BucketRing {
  #smoothing: number;

  /** @param length Seconds in the window; at least 1. */
  constructor(length: number) {
    super(length);
    this.#smoothing = smoothingOf(length);
  }

  override resize(length: number, wallSecond: number): void {
    super.resize(length, wallSecond);
    this.#smoothing = smoothingOf(length);
  }

  override average(second: number, channel: Channel = 0): number {
    if (this.isEmpty(second)) return 0;
    const { buckets, last, length } = this;
    const silence = Math.max(0, second - last);
    const decay = 1 - this.#smoothing;
    let weight = this.#smoothing * decay ** silence;
    let sum = 0;
    for (let s = last; s > last - (length - silence); s--) {
      sum += (buckets[(s % length) * channels + channel] ?? 0) * weight;
      weight *= decay;
    }
    return sum;
  }
}

function smoothingOf(length: number): number {
  return Math.max(1 - weightBeforeWindow ** (1 / length), smallestSmoothing);
}
