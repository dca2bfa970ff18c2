/** Longer heads are not remembered. */
const maxLength = 4096;

/**
 * Remembers what the last head on a connection was read as: clients and instances say the same again and again, byte by byte, and it then
 * means the same.
 */
export class HeadMemory<T extends { readonly end: number }> {
  #text = '';
  #read: T | undefined;

  /** What the head at the beginning of this text was read as before, if it is that one. */
  recall(text: string): T | undefined {
    return this.#read !== undefined && text.slice(0, this.#text.length) === this.#text ? this.#read : undefined;
  }

  /** Remembers what was read from the beginning of this text up to `end`. It must depend on nothing else, and not be changed. */
  remember(text: string, read: T): T {
    if (read.end > maxLength) return read;
    this.#text = text.slice(0, read.end);
    this.#read = read;
    return read;
  }

  forget(): void {
    this.#text = '';
    this.#read = undefined;
  }
}
