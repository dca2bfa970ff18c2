import type { Clock } from '@ebb/base';

interface Timer {
  readonly atMs: number;
  /** Of two for the same time the one that was set first runs first. */
  readonly order: number;
  /** Taken away when the timer is disposed of. */
  task: (() => void) | undefined;
}

/** A clock that jumps from one thing that is to happen to the next: a day takes as long as what happens in it. */
export class VirtualClock implements Clock {
  /** A binary heap, the next timer first. */
  readonly #timers: Timer[] = [];
  #nowMs: number;
  #order = 0;

  /** @param nowMs Milliseconds since the epoch. */
  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.after(ms, () => (signal?.aborted ? reject(signal.reason) : resolve()));
    });
  }

  after(ms: number, task: () => void): Disposable {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, task };
    this.#push(timer);
    return {
      [Symbol.dispose]: () => {
        timer.task = undefined;
      },
    };
  }

  every(ms: number, task: () => void): Disposable {
    let next = this.after(ms, again.bind(this));
    function again(this: VirtualClock): void {
      next = this.after(ms, again.bind(this));
      task();
    }
    return { [Symbol.dispose]: () => next[Symbol.dispose]() };
  }

  /** Runs everything that falls due until then, in order, and sets the clock to it. */
  runUntil(atMs: number): void {
    for (let timer = this.#timers[0]; timer && timer.atMs <= atMs; timer = this.#timers[0]) {
      this.#pop();
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.task?.();
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  #push(timer: Timer): void {
    const timers = this.#timers;
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = timers[above];
      if (!parent || isBefore(parent, timer)) break;
      timers[index] = parent;
      index = above;
    }
    timers[index] = timer;
  }

  #pop(): void {
    const timers = this.#timers;
    const last = timers.pop();
    if (!last || timers.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = timers[below];
      const right = timers[below + 1];
      if (child && right && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (!child || isBefore(last, child)) break;
      timers[index] = child;
      index = below;
    }
    timers[index] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
