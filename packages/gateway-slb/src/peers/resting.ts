/** Who is left in peace for a while. Those whose time is over are forgotten, though nobody asks for them again. */
export class Resting {
  readonly #until = new Map<string, number>();

  /** Leaves it in peace until then, in milliseconds since the epoch. */
  rest(key: string, untilMs: number, nowMs: number): void {
    for (const [each, until] of this.#until) if (until <= nowMs) this.#until.delete(each);
    this.#until.set(key, untilMs);
  }

  has(key: string, nowMs: number): boolean {
    return (this.#until.get(key) ?? 0) > nowMs;
  }
}
