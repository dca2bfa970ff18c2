const minuteMs = 60_000;
const dayMs = 86_400_000;
const minutesOfDay = 1440;
/** How far back a pattern is looked for: two of each weekday, and today. */
const days = 15;
const weekDays = 7;
/** Fewer recorded days of the same weekday than this tell less than all days together. */
const enoughWeeks = 2;

/** No load is known of that minute. */
const unknown = -1;

/** Loads are averaged over so long: the most of single seconds says more of chance than of the day. */
const spanMs = 10_000;

/** The largest load of each minute of the last two weeks and of today. */
export class LoadHistory {
  readonly #peaks = new Float32Array(days * minutesOfDay).fill(unknown);
  #minute = Number.NEGATIVE_INFINITY;
  /** The span that is being summed up. */
  #span = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #seconds = 0;
  #second = Number.NEGATIVE_INFINITY;

  /** Adds the load of one second; reports of a second add up. What is older than the present ten seconds is left out. */
  record(atMs: number, load: number): void {
    const span = Math.floor(atMs / spanMs);
    if (span < this.#span) return;
    if (span > this.#span) this.#begin(span, Math.floor(atMs / minuteMs));
    const second = Math.floor(atMs / 1000);
    if (second > this.#second) this.#seconds++;
    this.#second = Math.max(this.#second, second);
    this.#sum += load;
  }

  /** The last minute of which something is known, since the epoch; `undefined` if nothing is. */
  get lastMinute(): number | undefined {
    return Number.isFinite(this.#minute) ? this.#minute : undefined;
  }

  /** The largest load of each minute up to `lastMinute`, the oldest that is known first; −1 where it is not. */
  peaks(): Float32Array {
    const last = this.lastMinute;
    if (last === undefined) return new Float32Array();
    const all = Float32Array.from(this.#peaks, (_, index) => this.#peaks[slotOf(last + 1 + index)] ?? unknown);
    const first = all.findIndex((peak) => peak !== unknown);
    return first < 0 ? new Float32Array() : all.subarray(first);
  }

  /** Whether there was load after a minute; in all that is known, if it is not given. */
  hasLoadAfter(minute: number = Number.NEGATIVE_INFINITY): boolean {
    for (let each = Math.max(minute + 1, this.#minute - this.#peaks.length + 1); each <= this.#minute; each++)
      if ((this.#peaks[slotOf(each)] ?? unknown) > 0) return true;
    return false;
  }

  /** Takes in peaks that another one recorded, the last of them of `lastMinute`; what is known here stays. */
  take(peaks: Float32Array, lastMinute: number): void {
    if (this.lastMinute === undefined) this.#advance(lastMinute);
    for (const [index, peak] of peaks.entries()) {
      const minute = lastMinute - (peaks.length - 1 - index);
      const isKept = minute <= this.#minute && minute > this.#minute - this.#peaks.length;
      if (isKept && this.#peaks[slotOf(minute)] === unknown) this.#peaks[slotOf(minute)] = peak;
    }
  }

  /**
   * The load to expect in `leadMs` from now: of each past day the largest in that time of day, and of these a quantile. Past days are
   * those of the same weekday if there are two, else all. `undefined` without a day of history.
   *
   * @param quantile Percent of the days that it is to cover, 1 to 100.
   */
  forecast(
    nowMs: number,
    { leadMs, quantile }: { readonly leadMs: number; readonly quantile: number },
  ): number | undefined {
    const daily: number[] = [];
    const weekly: number[] = [];
    for (let back = 1; back < days; back++) {
      const peak = this.#peakBetween(nowMs - back * dayMs, leadMs);
      if (peak === unknown) continue;
      daily.push(peak);
      if (back % weekDays === 0) weekly.push(peak);
    }
    const values = weekly.length >= enoughWeeks ? weekly : daily;
    return values.length === 0 ? undefined : quantileOf(values, quantile / 100);
  }

  #peakBetween(fromMs: number, lengthMs: number): number {
    const first = Math.floor(fromMs / minuteMs);
    const last = Math.floor((fromMs + lengthMs) / minuteMs);
    let peak = unknown;
    for (let minute = first; minute <= last; minute++) {
      if (minute > this.#minute - this.#peaks.length) peak = Math.max(peak, this.#peaks[slotOf(minute)] ?? unknown);
    }
    return peak;
  }

  #begin(span: number, minute: number): void {
    if (this.#seconds > 0) {
      const slot = slotOf(this.#minute);
      this.#peaks[slot] = Math.max(this.#peaks[slot] ?? unknown, this.#sum / this.#seconds);
    }
    if (minute > this.#minute) this.#advance(minute);
    this.#span = span;
    this.#sum = this.#seconds = 0;
  }

  /** What lies between is not known. */
  #advance(minute: number): void {
    if (minute - this.#minute >= this.#peaks.length) this.#peaks.fill(unknown);
    else for (let each = this.#minute + 1; each <= minute; each++) this.#peaks[slotOf(each)] = unknown;
    this.#minute = minute;
  }
}

function slotOf(minute: number): number {
  return minute % (days * minutesOfDay);
}

/** The smallest value that a share of them does not exceed. */
function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}
