/**
 * The KPA's windows and decision once more, as plainly as the reference tells them (autoscaling.md, sections 4 to 10), without a thought
 * for speed: what the real ones are replayed beside.
 */

export interface PlainSpec {
  readonly metric: 'concurrency' | 'rps';
  readonly weighted: boolean;
  readonly window: number;
  readonly panicWindow: number;
  readonly total: number;
  readonly utilization: number;
  readonly threshold: number;
  readonly burst: number;
  readonly activation: number;
  readonly upRate: number;
  readonly downRate: number;
  readonly delay: number;
  readonly reachable: boolean;
}

/** What a tick comes to. */
export interface PlainState {
  desired: number;
  excessBurstCapacity: number;
  panicSinceMs: number | null;
  maxPanicPods: number;
}

class PlainWindow {
  readonly #values = new Map<number, number>();
  #length: number;
  readonly #weighted: boolean;
  #first: number | undefined;
  #last: number | undefined;

  constructor(length: number, weighted: boolean) {
    this.#length = length;
    this.#weighted = weighted;
  }

  isEmpty(now: number): boolean {
    return this.#last === undefined || now - this.#last > this.#length;
  }

  record(second: number, value: number): void {
    if (second !== this.#last) {
      if (this.#last !== undefined && second <= this.#last - this.#length) return;
      if (this.#first === undefined || second < this.#first) this.#first = second;
      if (this.#last === undefined || second > this.#last) this.#goTo(second);
    }
    this.#values.set(second, (this.#values.get(second) ?? 0) + value);
  }

  average(now: number): number {
    if (this.#last === undefined) return 0;
    const late = now - this.#last;
    if (this.#weighted) return late > this.#length ? 0 : this.#weightedSum(this.#last, Math.max(0, late));
    if (late >= this.#length) return 0;
    const from = late > 0 ? now - this.#length + 1 : Number.NEGATIVE_INFINITY;
    const sum = [...this.#values].reduce((all, [second, value]) => (second >= from ? all + value : all), 0);
    const age = this.#last - (this.#first ?? Number.NEGATIVE_INFINITY) + 1;
    const average = sum / Math.min(age, this.#length - Math.max(0, late));
    return (Math.sign(average) * Math.floor(Math.abs(average) * 1e6 + 0.5)) / 1e6;
  }

  resize(length: number, now: number): void {
    const before = this.#length;
    if (length === before) return;
    this.#length = length;
    const isAlive = this.#last !== undefined && now - this.#last <= before;
    if (!isAlive) this.#values.clear();
    this.#first = isAlive && this.#last !== undefined ? this.#last - (before - 1) : undefined;
    if (this.#last !== undefined) this.#forgetUpTo(this.#last - Math.min(before, length));
  }

  #weightedSum(last: number, late: number): number {
    const share = Math.max(1 - 0.0001 ** (1 / this.#length), 0.2);
    let weight = share * (1 - share) ** late;
    let sum = 0;
    for (let back = 0; back < this.#length - late; back++) {
      sum += (this.#values.get(last - back) ?? 0) * weight;
      weight *= 1 - share;
    }
    return sum;
  }

  #goTo(second: number): void {
    if (this.#last === undefined || second - this.#last >= this.#length) {
      this.#values.clear();
      this.#first = second;
    }
    this.#last = second;
    this.#forgetUpTo(second - this.#length);
  }

  #forgetUpTo(second: number): void {
    for (const key of this.#values.keys()) if (key <= second) this.#values.delete(key);
  }
}

export class PlainKpa {
  readonly state: PlainState;
  #spec: PlainSpec;
  readonly #windows: Readonly<Record<PlainSpec['metric'], readonly [PlainWindow, PlainWindow]>>;
  readonly #slots = new Map<number, number>();

  constructor(spec: PlainSpec, ready: number, nowMs: number) {
    const both = (): readonly [PlainWindow, PlainWindow] => [
      new PlainWindow(spec.window, spec.weighted),
      new PlainWindow(spec.panicWindow, spec.weighted),
    ];
    this.#spec = spec;
    this.#windows = { concurrency: both(), rps: both() };
    const excessBurstCapacity = spec.burst <= 0 ? spec.burst : Math.trunc(spec.total - spec.burst);
    this.state = { desired: -1, excessBurstCapacity, panicSinceMs: ready > 1 ? nowMs : null, maxPanicPods: ready };
  }

  update(spec: PlainSpec, nowMs: number): void {
    this.#spec = spec;
    for (const [stable, panic] of Object.values(this.#windows)) {
      stable.resize(spec.window, Math.floor(nowMs / 1000));
      panic.resize(spec.panicWindow, Math.floor(nowMs / 1000));
    }
  }

  record(atMs: number, concurrency: number, requests: number): void {
    for (const window of this.#windows.concurrency) window.record(Math.floor(atMs / 1000), concurrency);
    for (const window of this.#windows.rps) window.record(Math.floor(atMs / 1000), requests);
  }

  tick(ready: number, nowMs: number): boolean {
    const { state } = this;
    const spec = this.#spec;
    const now = Math.floor(nowMs / 1000);
    const [stable, panic] = this.#windows[spec.metric];
    if (stable.isEmpty(now) && spec.burst !== -1) return false;
    const target = Math.max(0.01, spec.total * spec.utilization);
    const panicAverage = stable.isEmpty(now) ? 0 : panic.average(now);
    const wantStable = stable.isEmpty(now) ? 0 : Math.ceil(stable.average(now) / target);
    const wantPanic = Math.ceil(panicAverage / target);
    const base = Math.max(1, ready);
    const limited = (want: number): number => {
      const least = spec.reachable ? Math.floor(base / spec.downRate) : 0;
      const scale = Math.min(Math.max(want, least), Math.ceil(spec.upRate * base));
      return spec.activation > 1 && want > 0 ? Math.max(scale, spec.activation) : scale;
    };
    if (wantPanic / base >= spec.threshold) state.panicSinceMs = nowMs;
    else if (state.panicSinceMs !== null && state.panicSinceMs + spec.window * 1000 < nowMs) {
      state.panicSinceMs = null;
      state.maxPanicPods = 0;
    }
    let desired = limited(wantStable);
    if (state.panicSinceMs !== null) {
      desired = Math.max(desired, limited(wantPanic), state.maxPanicPods);
      state.maxPanicPods = desired;
    }
    state.desired = spec.reachable && spec.delay > 0 ? this.#delayed(desired, now) : desired;
    const excess = Math.floor(ready * spec.total - spec.burst - panicAverage);
    state.excessBurstCapacity = spec.burst <= 0 ? spec.burst : excess;
    return true;
  }

  #delayed(desired: number, now: number): number {
    const slot = Math.floor(now / 2);
    this.#slots.set(slot, Math.max(this.#slots.get(slot) ?? desired, desired));
    const oldest = slot - Math.ceil(this.#spec.delay / 2);
    const counting = [...this.#slots].filter(([each]) => each > oldest && each <= slot);
    return Math.max(...counting.map(([, value]) => value));
  }
}
