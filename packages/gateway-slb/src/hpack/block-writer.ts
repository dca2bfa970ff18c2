/** Up to here a string is written faster code unit by code unit than by a call. */
const shortLength = 24;
/** Most octets an integer takes. */
const maxIntegerOctets = 6;

/** Writes the parts of field blocks (RFC 7541, section 5), again and again into the same memory. */
export class BlockWriter {
  #bytes = Buffer.allocUnsafeSlow(4096);
  #length = 0;

  /** An integer whose first bits share an octet with `pattern`, as many as the mask has. */
  integer(pattern: number, mask: number, value: number): void {
    this.#reserve(maxIntegerOctets);
    if (value < mask) {
      this.#bytes[this.#length++] = pattern | value;
      return;
    }
    this.#bytes[this.#length++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /**
   * A string, Latin-1. Never Huffman-coded, which takes longer for either side and saves little: what comes again is in a table.
   */
  text(text: string): void {
    this.integer(0, 0x7f, text.length);
    this.#reserve(text.length);
    if (text.length <= shortLength) {
      for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
    } else {
      this.#length += this.#bytes.write(text, this.#length, 'latin1');
    }
  }

  /** What was written since the last call. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
