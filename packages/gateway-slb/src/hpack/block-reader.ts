import { HpackError } from './hpack-error.ts';
import { decodeHuffman, mostDecoded } from './huffman.ts';

/** Octets after its first that an integer may have: 28 bits are more than any length or index comes to. */
const maxIntegerOctets = 4;

/** Strings are decoded here. It is used again and again, and nothing is kept in it. */
const scratch = Buffer.allocUnsafeSlow(4096);

/** Reads the parts of a field block (RFC 7541, section 5), one after the other. Throws HpackErrors. */
export class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.#at >= this.#block.length;
  }

  /** The next octet, which stays the next; 0 at the end. */
  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** An integer whose first bits are the last ones of the next octet, as many as the mask has. */
  integer(mask: number): number {
    let value = this.#octet() & mask;
    if (value < mask) return value;
    for (let octets = 0; octets < maxIntegerOctets; octets++) {
      const octet = this.#octet();
      value += (octet & 0x7f) << (7 * octets);
      if (octet < 0x80) return value;
    }
    throw new HpackError('an integer is too long');
  }

  /** A string, Latin-1. */
  text(): string {
    const coded = this.peek() >= 0x80;
    const length = this.integer(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#block.length) throw new HpackError('a string is cut short');
    this.#at = end;
    if (!coded) return this.#block.toString('latin1', start, end);
    const most = mostDecoded(length);
    const target = most <= scratch.length ? scratch : Buffer.allocUnsafeSlow(most);
    return target.toString('latin1', 0, decodeHuffman(this.#block, start, end, target));
  }

  #octet(): number {
    const octet = this.#block[this.#at++];
    if (octet === undefined) throw new HpackError('the field block is cut short');
    return octet;
  }
}
