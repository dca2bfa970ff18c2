/** Longer blocks are not remembered. */
const maxBlockBytes = 1024;
/** Up to here a comparison byte by byte is faster than a call. */
const shortBytes = 64;

/** What a block was read as: its fields, and what they count. */
export interface ReadBlock {
  readonly list: readonly string[];
  readonly size: number;
}

/** Requests of a few kinds, or heads and trailers, take turns. */
const mostRemembered = 4;

/** A block that was read. */
class KnownBlock {
  read: ReadBlock | undefined;
  #bytes = Buffer.alloc(0);
  #length = 0;

  is(block: Buffer): boolean {
    if (this.read === undefined || block.length !== this.#length) return false;
    const bytes = this.#bytes;
    if (block.length > shortBytes) return block.compare(bytes, 0, block.length) === 0;
    for (let i = 0; i < block.length; i++) if (block[i] !== bytes[i]) return false;
    return true;
  }

  become(block: Buffer, read: ReadBlock): void {
    if (block.length > this.#bytes.length)
      this.#bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(block.length)));
    block.copy(this.#bytes);
    this.#length = block.length;
    this.read = read;
  }
}

/** Remembers the last blocks that left the table as it was: clients say the same again and again, and it then means the same. */
export class BlockMemory {
  readonly #known: KnownBlock[] = [];
  /** The next one to be forgotten. */
  #oldest = 0;

  /** What this block was read as before. */
  recall(block: Buffer): ReadBlock | undefined {
    for (const known of this.#known) if (known.is(block)) return known.read;
    return undefined;
  }

  remember(block: Buffer, read: ReadBlock): void {
    if (block.length > maxBlockBytes) return;
    const known = this.#known[this.#oldest] ?? new KnownBlock();
    this.#known[this.#oldest] = known;
    known.become(block, read);
    this.#oldest = (this.#oldest + 1) % mostRemembered;
  }

  /** The table has changed. */
  forget(): void {
    for (const known of this.#known) known.read = undefined;
    this.#oldest = 0;
  }
}
