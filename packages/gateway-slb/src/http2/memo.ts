/** Things that take turns. */
const mostRemembered = 4;

/** Remembers what was made of the last few objects, each known by itself and not by what it says. */
export class Memo<K extends object, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];
  #oldest = 0;

  recall(key: K): V | undefined {
    const at = this.#keys.indexOf(key);
    return at === -1 ? undefined : this.#values[at];
  }

  remember(key: K, value: V): V {
    this.#keys[this.#oldest] = key;
    this.#values[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % mostRemembered;
    return value;
  }
}
