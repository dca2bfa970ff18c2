import { ConnectionError, errorCodes, frameHeadBytes, maxInt31, maxPayloadBytes } from './wire.ts';

/**
 * Takes frames off a stream of bytes, in whatever pieces it comes: give it a piece, then ask for frames until there are none. The payload of a
 * frame that is whole in one piece is a part of that piece; what is not whole is copied.
 */
export class FrameReader {
  type = 0;
  flags = 0;
  streamId = 0;
  payload: Buffer = empty;
  #bytes: Buffer = empty;
  #at = 0;
  /** The beginning of a frame that has not come whole; first its head, then room for all of it. */
  #partial: Buffer = empty;
  /** How much of it has come. */
  #filled = 0;

  /** Takes the next piece, after all frames of the last one were asked for. */
  push(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** Reads the next frame into this object; false if it has not come. Throws a ConnectionError if it is too long. */
  next(): boolean {
    if (this.#filled > 0) return this.#finish();
    const bytes = this.#bytes;
    const at = this.#at;
    const start = at + frameHeadBytes;
    if (start > bytes.length) return this.#begin(frameHeadBytes);
    const end = start + lengthAt(bytes, at);
    if (end > bytes.length) return this.#begin(end - at);
    this.#at = end;
    return this.#read(bytes, at, end);
  }

  /** Keeps the beginning of a frame that takes so many bytes, or of a head. */
  #begin(bytes: number): false {
    const come = this.#bytes.length - this.#at;
    if (come === 0) return this.#rest();
    this.#partial = Buffer.allocUnsafe(bytes);
    this.#filled = this.#bytes.copy(this.#partial, 0, this.#at);
    return this.#rest();
  }

  #finish(): boolean {
    this.#fill();
    if (this.#filled < this.#partial.length) return this.#rest();
    const length = lengthAt(this.#partial, 0);
    if (this.#partial.length === frameHeadBytes && length > 0) {
      const head = this.#partial;
      this.#partial = Buffer.allocUnsafe(frameHeadBytes + length);
      head.copy(this.#partial);
      this.#fill();
      if (this.#filled < this.#partial.length) return this.#rest();
    }
    const frame = this.#partial;
    this.#partial = empty;
    this.#filled = 0;
    return this.#read(frame, 0, frame.length);
  }

  #fill(): void {
    const copied = this.#bytes.copy(this.#partial, this.#filled, this.#at);
    this.#filled += copied;
    this.#at += copied;
  }

  #rest(): false {
    this.#bytes = empty;
    this.#at = 0;
    this.payload = empty;
    return false;
  }

  #read(bytes: Buffer, at: number, end: number): true {
    this.type = bytes[at + 3] ?? 0;
    this.flags = bytes[at + 4] ?? 0;
    // The first bit is reserved, and to be ignored.
    this.streamId = bytes.readUInt32BE(at + 5) & maxInt31;
    this.payload = end === at + frameHeadBytes ? empty : bytes.subarray(at + frameHeadBytes, end);
    return true;
  }
}

const empty = Buffer.alloc(0);

function lengthAt(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > maxPayloadBytes) {
    throw new ConnectionError(errorCodes.frameSizeError, `a frame of ${length} bytes`);
  }
  return length;
}
