import { Duplex } from 'node:stream';
import { rstStatus } from './frames.ts';
import type { SpdyHeaders } from './header-block.ts';

/** What a stream needs of its connection. */
export interface StreamLink {
  /** Sends bytes; `done` is called when they are on their way. */
  send(id: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void;
  /** So many more bytes wait to be read; fewer if negative. */
  held(bytes: number): void;
  /** The stream is over; with a status, the other end is told why. */
  forget(id: number, status: number | undefined): void;
}

/** One stream of a SPDY connection: both directions end on their own, `destroy` resets it. */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** What it was opened with. */
  readonly headers: SpdyHeaders;
  readonly #link: StreamLink;
  /** What came and was not asked for yet; null is the end. */
  #waiting: (Buffer | null)[] = [];
  #isWanted = false;
  #hasReceivedAll = false;
  #isReset = false;

  constructor(id: number, headers: SpdyHeaders, link: StreamLink) {
    super();
    this.id = id;
    this.headers = headers;
    this.#link = link;
    // A stream that fails is reset, which is all there is to do about it.
    this.on('error', () => undefined);
  }

  /** Takes what the other end sent; null is its end. */
  receive(data: Buffer | null): void {
    if (this.#hasReceivedAll || this.destroyed) return;
    if (data === null) this.#hasReceivedAll = true;
    this.#waiting.push(data);
    this.#link.held(data?.length ?? 0);
    this.#deliver();
  }

  /** The other end reset it. */
  receiveReset(): void {
    this.#isReset = true;
    this.destroy();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#link.send(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#link.send(this.id, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#link.held(-this.#waiting.reduce((sum, data) => sum + (data?.length ?? 0), 0));
    this.#waiting = [];
    const isOver = this.#isReset || (this.#hasReceivedAll && this.writableFinished);
    this.#link.forget(this.id, isOver ? undefined : rstStatus.cancel);
    done(error);
  }

  #deliver(): void {
    while (this.#isWanted && this.#waiting.length > 0) {
      const data = this.#waiting.shift() ?? null;
      this.#link.held(-(data?.length ?? 0));
      this.#isWanted = this.push(data);
    }
  }
}
