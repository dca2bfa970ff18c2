import { DynamicTable, defaultTableBytes } from './dynamic-table.ts';
import { staticNames } from './static-table.ts';

/** The entries of one name. Entries leave in the order in which they came: once the newest has left there are none. */
interface NameEntries {
  newestId: number;
  readonly idsByValue: Map<string, number>;
}

/** The dynamic table of an encoder: one to look things up in. */
export class EncoderTable {
  readonly #entries = new Map<string, NameEntries>();
  readonly #table = new DynamicTable({
    limit: defaultTableBytes,
    maximum: defaultTableBytes,
    onEvict: (name, value, id) => this.#forget(name, value, id),
  });

  /** See DynamicTable. */
  get changes(): number {
    return this.#table.changes;
  }

  /** The most bytes it is allowed now. */
  get maximum(): number {
    return this.#table.maximum;
  }

  /** The index of the newest entry of this name; 0 if there is none. */
  indexOfName(name: string): number {
    return this.#indexOf(this.#entries.get(name)?.newestId);
  }

  /** The index of this field; 0 if it is not there. */
  indexOfField(name: string, value: string): number {
    return this.#indexOf(this.#entries.get(name)?.idsByValue.get(value));
  }

  /** Inserts a field that is not there. It must not be larger than the maximum. */
  insert(name: string, value: string): void {
    this.#table.insert(name, value);
    const id = this.#table.nextId - 1;
    const entries = this.#entries.get(name);
    if (entries === undefined) {
      this.#entries.set(name, { newestId: id, idsByValue: new Map([[value, id]]) });
      return;
    }
    entries.newestId = id;
    entries.idsByValue.set(value, id);
  }

  resize(maximum: number): void {
    this.#table.resize(maximum);
  }

  #indexOf(id: number | undefined): number {
    return id === undefined ? 0 : staticNames.length + this.#table.nextId - 1 - id;
  }

  #forget(name: string, value: string, id: number): void {
    const entries = this.#entries.get(name);
    if (entries?.newestId === id) this.#entries.delete(name);
    else entries?.idsByValue.delete(value);
  }
}
