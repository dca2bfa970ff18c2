/** The dynamic table begins with it, and an encoder of ours takes no more (RFC 9113, section 6.5.2). */
export const defaultTableBytes = 4096;

/** What each field counts beside its name and value (RFC 7541, section 4.1). */
export const fieldOverhead = 32;

/** What a field counts in a table and in a list. */
export const fieldSize = (name: string, value: string): number => name.length + value.length + fieldOverhead;

/** The dynamic table of one direction (RFC 7541, section 2.3.2): a ring of entries, each known by how many were inserted before it. */
export class DynamicTable {
  readonly #names: string[];
  readonly #values: string[];
  readonly #mask: number;
  readonly #onEvict: (name: string, value: string, id: number) => void;
  #maximum: number;
  #size = 0;
  #inserted = 0;
  #evicted = 0;
  #changes = 0;

  /** `limit` is the most bytes the table will ever be allowed, `maximum` what it is allowed at first. */
  constructor(options: {
    readonly limit: number;
    readonly maximum: number;
    readonly onEvict?: (name: string, value: string, id: number) => void;
  }) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, options.limit / fieldOverhead)));
    this.#names = Array.from({ length: slots }, () => '');
    this.#values = Array.from({ length: slots }, () => '');
    this.#mask = slots - 1;
    this.#maximum = options.maximum;
    this.#onEvict = options.onEvict ?? (() => {});
  }

  get length(): number {
    return this.#inserted - this.#evicted;
  }

  /** The most bytes it is allowed now. */
  get maximum(): number {
    return this.#maximum;
  }

  /** How often it was changed: what was read from it stays true while this stays the same. */
  get changes(): number {
    return this.#changes;
  }

  /** The id of the next entry. */
  get nextId(): number {
    return this.#inserted;
  }

  /** The name of the entry at this position; the newest is at 0. */
  nameAt(position: number): string {
    return this.#names[(this.#inserted - 1 - position) & this.#mask] ?? '';
  }

  /** The value of the entry at this position; the newest is at 0. */
  valueAt(position: number): string {
    return this.#values[(this.#inserted - 1 - position) & this.#mask] ?? '';
  }

  /** Makes room and inserts an entry. One that has no room at all empties the table (RFC 7541, section 4.4). */
  insert(name: string, value: string): void {
    const size = fieldSize(name, value);
    this.#changes++;
    this.#evictTo(this.#maximum - size);
    if (size > this.#maximum) return;
    const slot = this.#inserted & this.#mask;
    this.#names[slot] = name;
    this.#values[slot] = value;
    this.#size += size;
    this.#inserted++;
  }

  /** Allows this many bytes, no more than the limit, from now on. */
  resize(maximum: number): void {
    this.#changes++;
    this.#maximum = maximum;
    this.#evictTo(maximum);
  }

  #evictTo(bytes: number): void {
    while (this.#size > bytes && this.#evicted < this.#inserted) {
      const slot = this.#evicted & this.#mask;
      const name = this.#names[slot] ?? '';
      const value = this.#values[slot] ?? '';
      this.#names[slot] = '';
      this.#values[slot] = '';
      this.#size -= fieldSize(name, value);
      this.#onEvict(name, value, this.#evicted++);
    }
  }
}
