/** A bound on calls under way at a time. Who finds no slot is told when one is free again. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** True if a slot was taken: it must be given back. Otherwise `retry` is called once, when a slot is free. */
  take(retry: () => void): boolean {
    if (this.#free === 0) {
      this.#waiting.add(retry);
      return false;
    }
    this.#free--;
    return true;
  }

  /** Gives back a slot that was not used, without telling anybody. */
  giveSilently(): void {
    this.#free++;
  }

  give(): void {
    this.#free++;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next();
  }
}
