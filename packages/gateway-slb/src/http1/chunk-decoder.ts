import { type FieldVisitor, readFields } from './fields.ts';

/** Takes what a chunked body carries. */
export interface ChunkSink {
  data(bytes: Buffer): void;
}

const maxSizeDigits = 13;
/** Of all extensions of a body: else a body of a few bytes could take any time to read. */
const maxExtensionBytes = 16 * 1024;
const maxTrailerBytes = 16 * 1024;

/** One or more of `;name`, `;name=value` and `;name="any value"`; the blanks that RFC 9112 tolerates nobody has ever sent in good faith. */
const extensionForm =
  /^(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)+$/;

type State = 'size' | 'extension' | 'sizeEnd' | 'data' | 'dataEnd' | 'dataEndLf' | 'trailers' | 'over' | 'malformed';

/**
 * Takes the chunks off a body (RFC 9112, section 7.1), in whatever pieces it comes. Sizes are bare hexadecimal digits, lines end with
 * CR LF. Extensions are left out, as they concern only one hop; the length of all of them, and of the trailers, is limited.
 */
export class ChunkDecoder {
  /** Name, value, name, value… once all is over. */
  trailers: readonly string[] = [];
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #extension = '';
  #extensionBytes = 0;
  #trailerText = '';

  get isOver(): boolean {
    return this.#state === 'over';
  }

  get isMalformed(): boolean {
    return this.#state === 'malformed';
  }

  /** Takes bytes, and returns how many of them belong to the body. Data handed to the sink is a part of `bytes`. */
  take(bytes: Buffer, sink: ChunkSink): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'over' && this.#state !== 'malformed') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#size);
        this.#size -= end - at;
        if (this.#size === 0) this.#state = 'dataEnd';
        sink.data(bytes.subarray(at, end));
        at = end;
      } else if (this.#state === 'trailers') {
        at += this.#takeTrailers(bytes, at);
      } else {
        this.#step(bytes[at] ?? 0);
        at++;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#takeSize(byte);
      case 'extension':
        return this.#takeExtension(byte);
      case 'sizeEnd':
        if (byte !== 0x0a) return this.#fail();
        this.#state = this.#size > 0 ? 'data' : 'trailers';
        this.#digits = 0;
        return;
      case 'dataEnd':
        if (byte !== 0x0d) return this.#fail();
        this.#state = 'dataEndLf';
        return;
      default:
        if (byte !== 0x0a) return this.#fail();
        this.#state = 'size';
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      // 13 hexadecimal digits are 2 to the power of 52.
      if (++this.#digits > maxSizeDigits) return this.#fail();
      this.#size = this.#size * 16 + digit;
    } else if (this.#digits === 0) {
      this.#fail();
    } else if (byte === 0x0d) {
      this.#state = 'sizeEnd';
    } else if (byte === 0x3b) {
      this.#extension = ';';
      this.#state = 'extension';
    } else {
      this.#fail();
    }
  }

  #takeExtension(byte: number): void {
    if (byte === 0x0d) {
      if (!extensionForm.test(this.#extension)) return this.#fail();
      this.#state = 'sizeEnd';
    } else if (++this.#extensionBytes > maxExtensionBytes || byte === 0x0a) {
      this.#fail();
    } else {
      this.#extension += String.fromCharCode(byte);
    }
  }

  /** Returns how many bytes from `at` belong to the trailers. */
  #takeTrailers(bytes: Buffer, at: number): number {
    const before = this.#trailerText.length;
    const text =
      this.#trailerText + bytes.toString('latin1', at, Math.min(bytes.length, at + maxTrailerBytes + 2 - before));
    // Looked at as a whole only when they may have ended, else a body that trickles in would be looked at again and again.
    const end = text.startsWith('\r\n') ? 2 : endOfLines(text, Math.max(0, before - 3));
    if (end === undefined) {
      this.#trailerText = text;
      const hopeless = text.length > maxTrailerBytes || (before === 0 && readFields(text, 0, keepAll) === 'malformed');
      if (hopeless) this.#fail();
      return text.length - before;
    }
    const fields = readFields(text.slice(0, end), 0, keepAll);
    if (typeof fields === 'string') {
      this.#fail();
    } else {
      this.trailers = fields.kept.list();
      this.#state = 'over';
    }
    return end - before;
  }

  #fail(): void {
    this.#state = 'malformed';
  }
}

/** Where the empty line ends that ends the trailers; undefined if it has not come. */
function endOfLines(text: string, from: number): number | undefined {
  const at = text.indexOf('\r\n\r\n', from);
  return at === -1 ? undefined : at + 4;
}

const keepAll: FieldVisitor = { wants: () => false, take: () => true };

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
