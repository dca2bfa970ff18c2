import type { Clock } from '@ebb/base';

/** Something that ends, or changes, at a certain time. */
export interface Dated {
  /** The time has come. Returns when to ask again, or undefined if never. Must not throw. */
  due(nowMs: number): number | undefined;
  /** For the keeper's own use: the slot it stands in. Begins as undefined. */
  slot: Set<Dated> | undefined;
}

const tickMs = 50;

/**
 * Many deadlines, one timer. Each is kept in the slot of its 50 ms, so that setting and dropping one costs the same
 * however many there are; it is met up to 50 ms late, never early.
 */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Dated>>();
  readonly #timer: Disposable;
  #tick: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tick = Math.floor(clock.now() / tickMs);
    this.#timer = clock.every(tickMs, () => this.#advance());
  }

  /** Sets the deadline of `dated`, in place of the one it had. */
  set(dated: Dated, atMs: number): void {
    dated.slot?.delete(dated);
    const tick = Math.max(this.#tick + 1, Math.ceil(atMs / tickMs));
    let slot = this.#slots.get(tick);
    if (!slot) this.#slots.set(tick, (slot = new Set()));
    slot.add(dated);
    dated.slot = slot;
  }

  drop(dated: Dated): void {
    dated.slot?.delete(dated);
    dated.slot = undefined;
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#slots.clear();
  }

  #advance(): void {
    const now = this.#clock.now();
    const last = Math.floor(now / tickMs);
    while (this.#tick < last) {
      const slot = this.#slots.get(++this.#tick);
      if (slot) this.#meet(slot, this.#tick, now);
    }
  }

  #meet(slot: Set<Dated>, tick: number, now: number): void {
    this.#slots.delete(tick);
    for (const dated of slot) {
      dated.slot = undefined;
      const next = dated.due(now);
      if (next !== undefined) this.set(dated, next);
    }
  }
}
