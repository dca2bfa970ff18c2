/** Longer blocks are not remembered. */
const maxBlockBytes = 4096;
/** Up to here a comparison byte by byte is faster than a call. */
const shortBytes = 64;

/** What a block was read as: its fields, and what they count. */
export interface ReadBlock {
  readonly list: readonly string[];
  readonly size: number;
}

/** Remembers the last block that left the table as it was: clients say the same again and again, and it then means the same. */
export class BlockMemory {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #read: ReadBlock | undefined;

  /** What this block was read as before. */
  recall(block: Buffer): ReadBlock | undefined {
    if (this.#read === undefined || block.length !== this.#length) return undefined;
    const bytes = this.#bytes;
    if (block.length > shortBytes) {
      return block.compare(bytes, 0, block.length) === 0 ? this.#read : undefined;
    }
    for (let i = 0; i < block.length; i++) if (block[i] !== bytes[i]) return undefined;
    return this.#read;
  }

  remember(block: Buffer, read: ReadBlock): void {
    if (block.length > maxBlockBytes) return this.forget();
    if (block.length > this.#bytes.length)
      this.#bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(block.length)));
    block.copy(this.#bytes);
    this.#length = block.length;
    this.#read = read;
  }

  /** The table has changed. */
  forget(): void {
    this.#read = undefined;
  }
}
