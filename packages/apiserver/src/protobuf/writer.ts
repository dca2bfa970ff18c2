/** Writes one message of protocol buffers, field by field. Fields of the value `undefined` are left out. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];

  text(field: number, value: string | undefined): this {
    return value === undefined ? this : this.#delimited(field, Buffer.from(value));
  }

  texts(field: number, values: readonly string[] = []): this {
    for (const value of values) this.text(field, value);
    return this;
  }

  flag(field: number, value: boolean | undefined): this {
    return value === undefined ? this : this.integer(field, value ? 1 : 0);
  }

  /** A number of at most 53 bits, not negative. */
  integer(field: number, value: number | undefined): this {
    if (value !== undefined) this.#chunks.push(varint(field * 8), varint(value));
    return this;
  }

  /** A whole number, which may be negative. */
  signed(field: number, value: number): this {
    if (value >= 0) return this.integer(field, value);
    this.#chunks.push(varint(field * 8), negativeVarint(value));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#delimited(field, value);
  }

  double(field: number, value: number | undefined): this {
    if (value === undefined) return this;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#chunks.push(varint(field * 8 + 1), bytes);
    return this;
  }

  message(field: number, value: MessageWriter | undefined): this {
    return value === undefined ? this : this.#delimited(field, value.finish());
  }

  messages(field: number, values: readonly MessageWriter[] = []): this {
    for (const value of values) this.message(field, value);
    return this;
  }

  /** The bytes of what was written. */
  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #delimited(field: number, bytes: Uint8Array): this {
    this.#chunks.push(varint(field * 8 + 2), varint(bytes.length), bytes);
    return this;
  }
}

/** Ten bytes of two's complement, as for every negative number. */
function negativeVarint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) + 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
