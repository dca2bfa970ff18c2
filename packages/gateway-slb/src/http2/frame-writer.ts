import { flagBits, frameHeadBytes, frameTypes, maxPayloadBytes } from './wire.ts';

/** Bytes gathered before they are given away; a larger amount is gathered too. */
const usualBytes = 64 * 1024;
/** From this on, a payload goes out as it is, and is not copied. */
const largeBytes = 4096;

/** Puts frames one after the other, to be written in one go. */
export class FrameWriter {
  #bytes = Buffer.allocUnsafeSlow(usualBytes);
  #length = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;

  /** Bytes that were put in since the last `take`. */
  get length(): number {
    return this.#partBytes + this.#length;
  }

  /** A whole frame. A large payload must not be changed until it has gone out. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#head(payload.length, type, flags, streamId);
    this.#payload(payload);
  }

  /** A field block, in as many frames as it takes. */
  fields(block: Buffer, streamId: number, endStream: boolean): void {
    const flags = endStream ? flagBits.endStream : 0;
    if (block.length <= maxPayloadBytes) {
      return this.frame(frameTypes.headers, flags | flagBits.endHeaders, streamId, block);
    }
    this.frame(frameTypes.headers, flags, streamId, block.subarray(0, maxPayloadBytes));
    for (let at = maxPayloadBytes; at < block.length; at += maxPayloadBytes) {
      const end = at + maxPayloadBytes;
      const last = end >= block.length ? flagBits.endHeaders : 0;
      this.frame(frameTypes.continuation, last, streamId, block.subarray(at, end));
    }
  }

  /** A frame whose payload is one number. */
  word(type: number, streamId: number, value: number): void {
    this.#head(4, type, 0, streamId);
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
  }

  /** Bytes that are frames already. */
  raw(frames: Buffer): void {
    this.#payload(frames);
  }

  /** What is to be written, in this order. */
  take(): readonly Buffer[] {
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    if (this.#bytes.length > usualBytes) this.#bytes = Buffer.allocUnsafeSlow(usualBytes);
    return parts;
  }

  #head(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(frameHeadBytes);
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = length >>> 16;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length;
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    bytes[at + 5] = streamId >>> 24;
    bytes[at + 6] = streamId >>> 16;
    bytes[at + 7] = streamId >>> 8;
    bytes[at + 8] = streamId;
    this.#length = at + frameHeadBytes;
  }

  #payload(payload: Buffer): void {
    if (payload.length >= largeBytes) {
      this.#cut();
      this.#parts.push(payload);
      this.#partBytes += payload.length;
      return;
    }
    this.#reserve(payload.length);
    this.#length += payload.copy(this.#bytes, this.#length);
  }

  /** Gives away what was gathered; the memory for it is used again. */
  #cut(): void {
    if (this.#length === 0) return;
    const part = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(part, 0, 0, this.#length);
    this.#parts.push(part);
    this.#partBytes += part.length;
    this.#length = 0;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * needed);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
