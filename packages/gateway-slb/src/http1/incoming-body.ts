import { ByteQueue } from '../http/byte-queue.ts';
import type { BodySink, RequestBody } from '../http/downstream.ts';
import { ChunkDecoder, type ChunkSink } from './chunk-decoder.ts';

/** What a body needs of the connection it comes on. */
export interface BodySource {
  pauseReading(): void;
  resumeReading(): void;
}

/**
 * Bytes of a body that are read though nobody wants them yet: only who reads to the end sees that the client has left. What is more waits
 * with the client.
 */
const maxHeldBytes = 64 * 1024;

/** The body of a request of HTTP/1.1: its bytes are given in as they come, and held until somebody wants them. */
export class IncomingBody implements RequestBody, ChunkSink {
  readonly length: number | undefined;
  received = 0;
  begun = false;
  complete = false;
  readonly #source: BodySource;
  readonly #decoder: ChunkDecoder | undefined;
  #left: number;
  readonly #held = new ByteQueue();
  #sink: BodySink | undefined;
  #discarded = false;

  /** @param length Announced; undefined if it comes in chunks. */
  constructor(source: BodySource, length: number | undefined) {
    this.#source = source;
    this.length = length;
    this.#left = length ?? 0;
    this.#decoder = length === undefined ? new ChunkDecoder() : undefined;
  }

  /** Where it ends cannot be told. */
  get isMalformed(): boolean {
    return this.#decoder?.isMalformed === true;
  }

  /** All has come, though perhaps nobody has taken it. */
  get hasCome(): boolean {
    return this.#decoder ? this.#decoder.isOver : this.#left === 0;
  }

  /** Takes bytes, and returns how many of them belong to it. */
  take(bytes: Buffer): number {
    let used: number;
    if (this.#decoder) {
      used = this.#decoder.take(bytes, this);
    } else {
      used = Math.min(this.#left, bytes.length);
      this.#left -= used;
      this.data(used === bytes.length ? bytes : bytes.subarray(0, used));
    }
    if (this.hasCome) this.#end();
    else if (this.#held.length >= maxHeldBytes) this.#source.pauseReading();
    return used;
  }

  data(bytes: Buffer): void {
    this.received += bytes.length;
    if (this.#discarded || bytes.length === 0) return;
    if (!this.#sink) this.#held.push(bytes);
    else if (!this.#sink.chunk(bytes)) this.#source.pauseReading();
  }

  flow(sink: BodySink): void {
    this.begun = true;
    this.#sink = sink;
    let more = true;
    while (this.#held.length > 0) more = sink.chunk(this.#held.take(this.#held.length)) && more;
    if (this.hasCome) this.#end();
    else if (more) this.#source.resumeReading();
  }

  hold(): void {
    this.#sink = undefined;
  }

  resume(): void {
    this.#source.resumeReading();
  }

  discard(): void {
    this.#discarded = true;
    this.#sink = undefined;
    this.#held.clear();
    if (this.hasCome) this.complete = true;
    else this.#source.resumeReading();
  }

  #end(): void {
    if (this.complete || !(this.#sink || this.#discarded)) return;
    this.complete = true;
    this.#sink?.ended(this.#decoder?.trailers ?? []);
  }
}
