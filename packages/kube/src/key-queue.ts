/**
 * Keys waiting for work, first come first served. A key waits at most once and is never handed out twice at a time: one
 * added while in hand waits again when it is put back. Its size is bounded by the number of different keys.
 */
export class KeyQueue {
  readonly #waiting = new Set<string>();
  readonly #inHand = new Set<string>();
  readonly #dirty = new Set<string>();

  add(key: string): void {
    if (this.#inHand.has(key)) this.#dirty.add(key);
    else this.#waiting.add(key);
  }

  /** Hands out the key that has waited longest, until `done`; `undefined` if none waits. */
  take(): string | undefined {
    const { value: key } = this.#waiting.values().next();
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#inHand.add(key);
    return key;
  }

  /** Puts back a key that was taken. */
  done(key: string): void {
    this.#inHand.delete(key);
    if (this.#dirty.delete(key)) this.#waiting.add(key);
  }
}
