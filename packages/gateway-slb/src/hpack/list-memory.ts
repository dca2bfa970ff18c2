/** Lists of longer blocks are not remembered. */
const maxBlockBytes = 1024;
/** So many are: heads and trailers take turns. */
const mostLists = 4;

/** A list, and the block it became. */
export interface WrittenList {
  readonly list: readonly string[];
  /** Kept only once the list has come again. */
  block: Buffer | undefined;
}

/** Remembers the last lists whose blocks left the table as it was: they are then written the same again. */
export class ListMemory {
  #lists: WrittenList[] = [];
  #oldest = 0;

  recall(list: readonly string[]): WrittenList | undefined {
    for (const written of this.#lists) if (isSame(list, written.list)) return written;
    return undefined;
  }

  remember(list: readonly string[], block: Buffer, known: WrittenList | undefined): void {
    if (block.length > maxBlockBytes) return;
    if (known) {
      // In memory of its own: what is allocated with others keeps theirs from being given back.
      known.block = Buffer.allocUnsafeSlow(block.length);
      block.copy(known.block);
      return;
    }
    this.#lists[this.#oldest] = { list: list.slice(), block: undefined };
    this.#oldest = (this.#oldest + 1) % mostLists;
  }

  /** The table has changed. */
  forget(): void {
    if (this.#lists.length > 0) this.#lists = [];
    this.#oldest = 0;
  }
}

function isSame(list: readonly string[], other: readonly string[]): boolean {
  if (list.length !== other.length) return false;
  for (let i = 0; i < list.length; i++) if (list[i] !== other[i]) return false;
  return true;
}
