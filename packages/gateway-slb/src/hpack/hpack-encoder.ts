import { BlockWriter } from './block-writer.ts';
import { defaultTableBytes, fieldSize } from './dynamic-table.ts';
import { EncoderTable } from './encoder-table.ts';
import { knownNames, type Policy } from './field-policies.ts';
import { ListMemory } from './list-memory.ts';

/** Encoders write here, one block at a time. */
const writer = new BlockWriter();

/** How a field begins that is in a table with its value (RFC 7541, section 6). */
const indexed = { pattern: 0x80, mask: 0x7f };
const sizeUpdate = { pattern: 0x20, mask: 0x1f };
/** How one begins that is not, by what is to become of it. */
const literal: Readonly<Record<Policy, { readonly pattern: number; readonly mask: number }>> = {
  insert: { pattern: 0x40, mask: 0x3f },
  write: { pattern: 0x00, mask: 0x0f },
  'never-insert': { pattern: 0x10, mask: 0x0f },
};

/** Writes the field blocks of one direction of a connection (RFC 7541), in the order in which they are sent. */
export class HpackEncoder {
  readonly #table = new EncoderTable();
  readonly #memory = new ListMemory();
  /** The smallest and the last table size the peer allowed since the last block. */
  #smallestMaximum = defaultTableBytes;
  #maximum = defaultTableBytes;

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE. Of more than 4096 bytes only so many are used. */
  setTableSize(bytes: number): void {
    this.#maximum = Math.min(bytes, defaultTableBytes);
    this.#smallestMaximum = Math.min(this.#smallestMaximum, this.#maximum);
  }

  /**
   * The block for a list of fields: name, value, name, value…, Latin-1, names in lower case. It must be sent, whole, before the next one is. A list that
   * comes again and is written alike yields the same buffer, which nobody must change.
   */
  encode(list: readonly string[]): Buffer {
    const { changes, maximum } = this.#table;
    const hasNewSize = this.#smallestMaximum !== maximum || this.#maximum !== maximum;
    const known = hasNewSize ? undefined : this.#memory.recall(list);
    if (known?.block) return known.block;
    if (hasNewSize) this.#writeSizeUpdates();
    for (let i = 0; i + 1 < list.length; i += 2) this.#writeField(list[i] ?? '', list[i + 1] ?? '');
    const block = writer.take();
    if (this.#table.changes !== changes) this.#memory.forget();
    else this.#memory.remember(list, block, known);
    return block;
  }

  /** An encoder says the smallest size that came about, and the last one (RFC 7541, section 4.2). */
  #writeSizeUpdates(): void {
    for (const bytes of new Set([this.#smallestMaximum, this.#maximum])) {
      writer.integer(sizeUpdate.pattern, sizeUpdate.mask, bytes);
      this.#table.resize(bytes);
    }
    this.#smallestMaximum = this.#maximum;
  }

  #writeField(name: string, value: string): void {
    const known = knownNames.get(name);
    let policy = known === undefined ? 'insert' : known.policyFor(value);
    const index = known?.values?.get(value) ?? (policy === 'insert' ? this.#table.indexOfField(name, value) : 0);
    if (index > 0) return writer.integer(indexed.pattern, indexed.mask, index);
    // An entry that takes most of the table would push out all others.
    if (policy === 'insert' && fieldSize(name, value) > this.#table.maximum / 2) policy = 'write';
    const { pattern, mask } = literal[policy];
    const nameIndex = known !== undefined && known.index > 0 ? known.index : this.#table.indexOfName(name);
    writer.integer(pattern, mask, nameIndex);
    if (nameIndex === 0) writer.text(name);
    writer.text(value);
    if (policy === 'insert') this.#table.insert(name, value);
  }
}
