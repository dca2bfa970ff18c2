import { BucketRing, type Channel, channels } from './bucket-ring.ts';

/**
 * A window that weighs all seconds alike (autoscaling.md, section 4.3). A young window is averaged over the seconds since its first
 * write. Silence at the end is not zeros: the seconds without data are left out, so record zeros where zero is meant.
 */
export class LinearWindow extends BucketRing {
  override average(second: number, channel: Channel = 0): number {
    const { buckets, last, first, length } = this;
    const silence = second - last;
    if (silence >= length) return 0;
    let sum = channel === 0 ? this.total : this.otherTotal;
    for (let s = last + 1; s <= second; s++) sum -= buckets[(s % length) * channels + channel] ?? 0;
    return round6(sum / Math.min(last - first + 1, length - Math.max(silence, 0)));
  }
}

/** Six decimals, halves away from zero. `Math.round` alone would take negative halves up. */
function round6(value: number): number {
  const scaled = value * 1e6;
  const rounded = scaled < 0 ? -Math.round(-scaled) : Math.round(scaled);
  return rounded / 1e6 + 0; // + 0 makes one zero of both
}
