import { BlockMemory } from './block-memory.ts';
import { BlockReader } from './block-reader.ts';
import { DynamicTable, defaultTableBytes, fieldSize } from './dynamic-table.ts';
import { HpackError } from './hpack-error.ts';
import { staticNames, staticValues } from './static-table.ts';

/** The peer says the smallest size that came about since the last block, and the last one. */
const maxSizeUpdates = 2;

/** Reads the field blocks of one direction of a connection (RFC 7541), in the order in which they were sent. */
export class HpackDecoder {
  readonly #limit: number;
  readonly #table: DynamicTable;
  readonly #memory = new BlockMemory();
  #updateDue: boolean;

  /**
   * `tableBytes` is SETTINGS_HEADER_TABLE_SIZE as the peer has acknowledged it. With less than the default its first block must begin
   * with a table size update (RFC 9113, section 4.3.1).
   */
  constructor(tableBytes: number = defaultTableBytes) {
    this.#limit = tableBytes;
    this.#table = new DynamicTable({ limit: tableBytes, maximum: Math.min(tableBytes, defaultTableBytes) });
    this.#updateDue = tableBytes < defaultTableBytes;
  }

  /**
   * The fields of a block: name, value, name, value…, Latin-1. Undefined if they count more than `maxListBytes`, each its name, its value
   * and 32 (RFC 9113, section 6.5.2); the block was read nevertheless, and the next can be. A block that comes again and means the same
   * yields the same array. Of the block itself nothing is kept. Throws an HpackError at what cannot be read; nothing can then any more.
   */
  decode(block: Buffer, maxListBytes: number): readonly string[] | undefined {
    const known = this.#memory.recall(block);
    if (known !== undefined && known.size <= maxListBytes) return known.list;
    const { changes } = this.#table;
    const reader = new BlockReader(block);
    this.#readSizeUpdates(reader);
    const read = new FieldList(maxListBytes);
    while (!reader.atEnd) this.#readField(reader, read);
    if (this.#table.changes !== changes) this.#memory.forget();
    else if (!read.isOver) this.#memory.remember(block, read);
    return read.isOver ? undefined : read.list;
  }

  #readSizeUpdates(reader: BlockReader): void {
    for (let updates = 0; isSizeUpdate(reader.peek()); updates++) {
      if (updates === maxSizeUpdates) throw new HpackError('a block has too many table size updates');
      const bytes = reader.integer(0x1f);
      if (bytes > this.#limit) throw new HpackError(`a table size of ${bytes} is over the limit of ${this.#limit}`);
      this.#table.resize(bytes);
      this.#updateDue = false;
    }
    if (this.#updateDue) throw new HpackError('a table size update is missing');
  }

  #readField(reader: BlockReader, read: FieldList): void {
    const first = reader.peek();
    if (first >= 0x80) {
      const index = reader.integer(0x7f);
      return read.add(this.#nameAt(index), this.#valueAt(index));
    }
    if (isSizeUpdate(first)) throw new HpackError('a table size update comes after a field');
    const isInserted = first >= 0x40;
    const index = reader.integer(isInserted ? 0x3f : 0x0f);
    const name = index === 0 ? reader.text() : this.#nameAt(index);
    const value = reader.text();
    if (isInserted) this.#table.insert(name, value);
    read.add(name, value);
  }

  #nameAt(index: number): string {
    if (index < staticNames.length && index > 0) return staticNames[index] ?? '';
    const position = index - staticNames.length;
    if (index === 0 || position >= this.#table.length) throw new HpackError(`index ${index} is in no table`);
    return this.#table.nameAt(position);
  }

  /** `index` is known to be in a table. */
  #valueAt(index: number): string {
    return staticValues[index] ?? this.#table.valueAt(index - staticNames.length);
  }
}

const isSizeUpdate = (octet: number): boolean => (octet & 0xe0) === 0x20;

/** Fields as they are read, while they do not count too much. */
class FieldList {
  readonly #maxBytes: number;
  list: string[] = [];
  size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isOver(): boolean {
    return this.size > this.#maxBytes;
  }

  add(name: string, value: string): void {
    if (this.isOver) return;
    this.size += fieldSize(name, value);
    if (this.isOver) this.list = [];
    else this.list.push(name, value);
  }
}
