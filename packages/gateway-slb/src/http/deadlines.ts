import type { Clock } from '@ebb/base';

/** Something that ends, or changes, at a certain time. */
export interface Dated {
  /** The time has come. Returns when to ask again, or undefined if never. Must not throw. */
  due(nowMs: number): number | undefined;
  /** For the keeper's own use: where it stands. Begins as undefined. */
  place: DatedPlace | undefined;
}

/** A place in the slot of a deadline, which begins and ends with a place of nobody's. */
export interface DatedPlace {
  readonly dated: Dated | undefined;
  previous: DatedPlace;
  next: DatedPlace;
}

const tickMs = 50;

/**
 * Many deadlines, one timer. Each is kept in the slot of its 50 ms, so that setting and dropping one costs the same
 * however many there are; it is met up to 50 ms late, never early.
 */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #slots = new Map<number, DatedPlace>();
  readonly #timer: Disposable;
  #tick: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tick = Math.floor(clock.now() / tickMs);
    this.#timer = clock.every(tickMs, () => this.#advance());
  }

  /** Sets the deadline of `dated`, in place of the one it had. */
  set(dated: Dated, atMs: number): void {
    this.drop(dated);
    const tick = Math.max(this.#tick + 1, Math.ceil(atMs / tickMs));
    let slot = this.#slots.get(tick);
    if (!slot) this.#slots.set(tick, (slot = emptySlot()));
    const place: DatedPlace = { dated, previous: slot.previous, next: slot };
    slot.previous.next = place;
    slot.previous = place;
    dated.place = place;
  }

  drop(dated: Dated): void {
    const { place } = dated;
    if (!place) return;
    place.previous.next = place.next;
    place.next.previous = place.previous;
    dated.place = undefined;
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

  #meet(slot: DatedPlace, tick: number, now: number): void {
    this.#slots.delete(tick);
    for (let { dated } = slot.next; dated; { dated } = slot.next) {
      this.drop(dated);
      const next = dated.due(now);
      if (next !== undefined) this.set(dated, next);
    }
  }
}

function emptySlot(): DatedPlace {
  const slot = { dated: undefined } as { dated: undefined; previous: DatedPlace; next: DatedPlace };
  slot.previous = slot.next = slot;
  return slot;
}
