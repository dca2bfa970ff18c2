import { ConnectionError, errorCodes, flagBits, maxInt31 } from './wire.ts';

/** A frame as far as it matters here. */
interface Frame {
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const { protocolError, frameSizeError, enhanceYourCalm } = errorCodes;

/** Of a stream's priority, which is read and does not count (RFC 9113, section 5.3.2). */
const priorityBytes = 5;

/** What a frame carries, without its padding. Throws a ConnectionError if there is more padding than frame. */
export function withoutPadding({ flags, payload }: Frame): Buffer {
  if ((flags & flagBits.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined) throw new ConnectionError(frameSizeError, 'a padded frame without a length of padding');
  if (padding >= payload.length) throw new ConnectionError(protocolError, 'more padding than frame');
  return payload.subarray(1, payload.length - padding);
}

/** The stream on which a stream is said to depend, at the beginning of these bytes. */
export const dependencyIn = (bytes: Buffer): number => bytes.readUInt32BE(0) & maxInt31;

/** Puts the field block of a HEADERS frame and its CONTINUATIONs together (RFC 9113, section 4.3). */
export class FieldBlock {
  /** The stream whose block has begun and not ended; 0 if there is none. */
  streamId = 0;
  endStream = false;
  /** The stream was said to depend on itself. */
  isCircular = false;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param maxBytes What a block may have, compressed as it is. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes a HEADERS frame. Returns the block if that was all of it. */
  begin(frame: Frame): Buffer | undefined {
    let fragment = withoutPadding(frame);
    this.endStream = (frame.flags & flagBits.endStream) !== 0;
    this.isCircular = false;
    if ((frame.flags & flagBits.priority) !== 0) {
      if (fragment.length < priorityBytes) throw new ConnectionError(frameSizeError, 'half a priority');
      this.isCircular = dependencyIn(fragment) === frame.streamId;
      fragment = fragment.subarray(priorityBytes);
    }
    if ((frame.flags & flagBits.endHeaders) !== 0) return fragment;
    this.streamId = frame.streamId;
    this.#add(fragment);
    return undefined;
  }

  /** Takes a CONTINUATION frame. Returns the block if that was the rest of it. */
  continue(frame: Frame): Buffer | undefined {
    this.#add(frame.payload);
    if ((frame.flags & flagBits.endHeaders) === 0) return undefined;
    const block = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = this.streamId = 0;
    return block;
  }

  #add(fragment: Buffer): void {
    this.#bytes += fragment.length;
    if (this.#bytes > this.#maxBytes) throw new ConnectionError(enhanceYourCalm, 'a field block without end');
    // What a socket brought is used again for what comes next.
    this.#parts.push(Buffer.from(fragment));
  }
}
