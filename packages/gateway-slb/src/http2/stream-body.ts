import type { BodySink, RequestBody } from '../http/downstream.ts';
import { ByteQueue } from '../http/byte-queue.ts';

const none: readonly string[] = [];

/** Whence a body comes. */
export interface BodySource {
  /** So many bytes were taken off our hands. */
  release(bytes: number): void;
}

/** What comes on a stream, of a request or a response. What is not asked for waits here, and with the peer but for one window. */
export class StreamBody implements RequestBody {
  /** As announced. */
  length: number | undefined;
  received = 0;
  begun = false;
  complete = false;
  readonly #source: BodySource;
  readonly #held = new ByteQueue();
  #sink: BodySink | undefined;
  #isPaused = false;
  #isDiscarded = false;
  /** All has come. */
  #hasEnded = false;
  #trailers: readonly string[] = none;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Takes what has come. False if that is more than was announced. */
  take(bytes: Buffer): boolean {
    // A sink may write a chunk of HTTP/1.1, of which an empty one is the last.
    if (bytes.length === 0) return true;
    this.received += bytes.length;
    if (this.length !== undefined && this.received > this.length) {
      this.#source.release(bytes.length);
      return false;
    }
    if (this.#isDiscarded) this.#source.release(bytes.length);
    else if (!this.#sink || this.#isPaused) this.#held.push(bytes);
    else this.#give(this.#sink, bytes);
    return true;
  }

  /** Nothing more comes. False if that is less than was announced. */
  finish(trailers: readonly string[]): boolean {
    if (this.length !== undefined && this.received !== this.length) return false;
    this.#hasEnded = true;
    this.#trailers = trailers;
    this.#pour();
    return true;
  }

  flow(sink: BodySink): void {
    this.#sink = sink;
    this.#pour();
  }

  hold(): void {
    this.#sink = undefined;
    this.#isPaused = false;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pour();
  }

  discard(): void {
    this.#isDiscarded = true;
    this.#sink = undefined;
    const bytes = this.#held.clear();
    if (bytes > 0) this.#source.release(bytes);
    if (this.#hasEnded) this.complete = true;
  }

  /** Gives away what was held, as long as it is taken. */
  #pour(): void {
    while (this.#sink && !this.#isPaused && this.#held.length > 0) {
      this.#give(this.#sink, this.#held.take(this.#held.length));
    }
    if (!this.#hasEnded || this.#held.length > 0 || this.complete || !(this.#sink || this.#isDiscarded)) return;
    this.begun = this.complete = true;
    this.#sink?.ended(this.#trailers);
  }

  #give(sink: BodySink, bytes: Buffer): void {
    this.begun = true;
    if (!sink.chunk(bytes)) this.#isPaused = true;
    this.#source.release(bytes.length);
  }
}
