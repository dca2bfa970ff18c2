/** Smaller pieces share a block of this size, once there are several. */
const blockBytes = 4096;

const none: Buffer[] = [];

/** Bytes that wait. Many small pieces take little more memory than their bytes, and come out together. */
export class ByteQueue {
  /** Not changed while it is `none`, which all queues have that are empty. */
  #blocks: Buffer[] = none;
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
    if (!last) {
      // As a rule it is the only one.
      this.#blocks = [Buffer.from(bytes)];
      this.#end = bytes.length;
    } else if (bytes.length <= last.length - this.#end) {
      this.#end += bytes.copy(last, this.#end);
    } else {
      const block = Buffer.allocUnsafe(Math.max(blockBytes, bytes.length));
      this.#blocks[this.#blocks.length - 1] = last.subarray(0, this.#end);
      this.#blocks.push(block);
      this.#end = bytes.copy(block);
    }
  }

  /** Takes up to so many bytes, at least one, that stand one behind the other. They are the caller's. To be called only if there are any. */
  take(most: number): Buffer {
    const first = this.#blocks[0] ?? empty;
    const start = this.#start;
    const end = this.#blocks.length === 1 ? this.#end : first.length;
    const count = Math.min(most, end - start);
    this.#length -= count;
    this.#start += count;
    if (this.#start === end) this.#shift();
    return start === 0 && count === first.length ? first : first.subarray(start, start + count);
  }

  /** Forgets all; returns how much it was. */
  clear(): number {
    const length = this.#length;
    this.#blocks = none;
    this.#start = this.#end = this.#length = 0;
    return length;
  }

  #shift(): void {
    this.#start = 0;
    if (this.#blocks.length === 1) this.#blocks = none;
    else this.#blocks.shift();
  }
}

const empty = Buffer.alloc(0);
