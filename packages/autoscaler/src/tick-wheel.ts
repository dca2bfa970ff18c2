/** Time between two decisions of one revision (autoscaling.md, section 1). */
const periodMs = 2000;
/** How often the wheel is to be turned. */
export const slotMs = 100;
const slotCount = periodMs / slotMs;

/**
 * One timer that ticks for everybody: each key once in two seconds, at the phase at which it was added (to a tenth of a second), so
 * that the work is spread as its causes are.
 */
export class TickWheel {
  readonly #slots: readonly Set<string>[] = Array.from({ length: slotCount }, () => new Set<string>());
  readonly #tick: (key: string) => void;
  #turn: number;

  constructor(tick: (key: string) => void, nowMs: number) {
    this.#tick = tick;
    this.#turn = turnAt(nowMs);
  }

  /** Adds a key that is not in the wheel. It ticks for the first time after a whole period. */
  add(key: string, nowMs: number): void {
    this.#slotOf(turnAt(nowMs))?.add(key);
  }

  remove(key: string): void {
    for (const slot of this.#slots) slot.delete(key);
  }

  /**
   * Ticks what has fallen due by `nowMs`. After a stall each key ticks once, not as often as it missed; after the clock was set back
   * it goes on from there.
   */
  turnTo(nowMs: number): void {
    const turn = turnAt(nowMs);
    const from = Math.max(this.#turn, turn - slotCount);
    if (turn < this.#turn - slotCount) this.#turn = turn;
    this.#turn = Math.max(turn, this.#turn);
    for (let each = from + 1; each <= turn; each++) {
      for (const key of this.#slotOf(each) ?? []) this.#tick(key);
    }
  }

  #slotOf(turn: number): Set<string> | undefined {
    return this.#slots[turn % slotCount];
  }
}

function turnAt(nowMs: number): number {
  return Math.floor(nowMs / slotMs);
}
