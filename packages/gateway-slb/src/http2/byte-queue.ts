/** Smaller pieces share a block of this size, once there are several. */
const blockBytes = 4096;

/** Bytes that wait. Many small pieces take little more memory than their bytes, and come out together. */
export class ByteQueue {
  #blocks: Buffer[] = [];
  /** The first block is taken from here. */
  #start = 0;
  /** Bytes of the last block that are in use. */
  #end = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies these bytes to the end. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    const last = this.#blocks.at(-1);
    if (last && bytes.length <= last.length - this.#end) {
      this.#end += bytes.copy(last, this.#end);
      return;
    }
    // What is there goes out as it is; only where a second piece comes more are expected.
    const block = Buffer.allocUnsafe(last ? Math.max(blockBytes, bytes.length) : bytes.length);
    if (last) this.#blocks[this.#blocks.length - 1] = last.subarray(0, this.#end);
    this.#blocks.push(block);
    this.#end = bytes.copy(block);
  }

  /** Takes up to so many bytes, at least one, that stand one behind the other. They are the caller's. To be called only if there are any. */
  take(most: number): Buffer {
    const first = this.#blocks[0] ?? empty;
    const end = this.#blocks.length === 1 ? this.#end : first.length;
    const start = this.#start;
    const count = Math.min(most, end - start);
    this.#length -= count;
    this.#start += count;
    if (this.#start === end) {
      this.#blocks.shift();
      this.#start = 0;
      if (this.#blocks.length === 0) this.#end = 0;
    }
    return start === 0 && count === first.length ? first : first.subarray(start, start + count);
  }

  /** Forgets all; returns how much it was. */
  clear(): number {
    const length = this.#length;
    this.#blocks = [];
    this.#start = this.#end = this.#length = 0;
    return length;
  }
}

const empty = Buffer.alloc(0);
