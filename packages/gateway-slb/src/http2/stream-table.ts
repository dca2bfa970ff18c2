import type { Stream } from './stream.ts';
import { ConnectionError, errorCodes, maxInt31 } from './wire.ts';

/** Streams that we have reset, and on which frames may still be on their way. */
const maxReset = 512;

/** The streams of a connection, and what is known of those that are no more (RFC 9113, section 5.1). Clients begin all streams: nothing is pushed. */
export class StreamTable {
  readonly open: Map<number, Stream> = new Map();
  /** The last one that was begun. */
  last = 0;
  /** No stream above this one is answered. */
  lastTaken: number = maxInt31;
  readonly #reset = new Set<number>();
  #hasSkipped = false;

  /** Notes that this stream is begun. False if nobody is to answer it. Throws a ConnectionError if it cannot be begun. */
  begin(id: number): boolean {
    if (id % 2 === 0 || id <= this.last) throw broken('a stream of a number that is taken');
    if (id > this.last + 2) this.#hasSkipped = true;
    this.last = id;
    return id <= this.lastTaken;
  }

  /** We have reset this stream, and the peer may not know. */
  noteReset(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size > maxReset) for (const oldest of this.#reset) return void this.#reset.delete(oldest);
  }

  /** True if it was begun, or passed over, and is not to begin any more. */
  isOver(id: number): boolean {
    return id % 2 === 1 && id <= this.last;
  }

  /** The stream of a frame; undefined if it is over. Throws a ConnectionError if it was never begun. */
  find(id: number): Stream | undefined {
    const stream = this.open.get(id);
    if (!stream && !this.isOver(id)) throw broken('a frame on a stream that is none');
    return stream;
  }

  /** Throws a ConnectionError if nothing can be on its way on this stream, which is over, any more. */
  expectLate(id: number): void {
    if (this.#reset.has(id) || id > this.lastTaken) return;
    // One that was passed over has never been open.
    const code = this.#hasSkipped ? errorCodes.protocolError : errorCodes.streamClosed;
    throw new ConnectionError(code, 'a frame on a stream that is over');
  }
}

const broken = (message: string): ConnectionError => new ConnectionError(errorCodes.protocolError, message);
