import type { Sender } from './sender.ts';
import { type BrokenBy, Stream, type StreamHost } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import { ReceiveWindow } from './windows.ts';
import { ConnectionError, StreamError, defaultWindow, errorCodes, frameTypes } from './wire.ts';

/** What the streams of a connection have in common. */
export interface StreamsOptions {
  readonly isServer: boolean;
  /** What the peer may send ahead on a stream, and over all. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Told of each stream that does not count any more. */
  readonly closed: (stream: Stream) => void;
  /** Told of each request that was answered whole, and has not come whole. */
  readonly answeredEarly: (stream: Stream) => void;
}

/** The streams of a connection: how they begin and end, and what the peer may send on them. */
export class Streams implements StreamHost {
  readonly table: StreamTable = new StreamTable();
  readonly #options: StreamsOptions;
  readonly #sender: Sender;
  readonly #window: ReceiveWindow;
  /** What the peer allows on a new stream. */
  #peerWindow = defaultWindow;

  constructor(sender: Sender, options: StreamsOptions) {
    this.#sender = sender;
    this.#options = options;
    this.#window = new ReceiveWindow(options.connectionWindow);
  }

  get isFull(): boolean {
    return this.#sender.isFull;
  }

  /** Opens a stream that was begun. */
  add(id: number): Stream {
    const stream = new Stream(id, this, { send: this.#peerWindow, receive: this.#options.streamWindow });
    this.table.open.set(id, stream);
    return stream;
  }

  wake(stream: Stream): void {
    this.#sender.wake(stream);
  }

  queued(bytes: number): void {
    this.#sender.count(bytes);
  }

  /** The peer sends so many bytes on whatever stream. Throws a ConnectionError if it may not. */
  receive(bytes: number): void {
    if (this.#window.receive(bytes)) return;
    throw new ConnectionError(errorCodes.flowControlError, 'more data than was allowed');
  }

  release(stream: Stream, bytes: number): void {
    this.releaseAll(bytes);
    if (stream.isReceived || stream.isClosed) return;
    const increment = stream.receiveWindow.release(bytes);
    if (increment > 0) this.#sender.word(frameTypes.windowUpdate, stream.id, increment);
  }

  /** So many bytes, of whatever stream, do not wait here any more. */
  releaseAll(bytes: number): void {
    const increment = this.#window.release(bytes);
    if (increment > 0) this.#sender.word(frameTypes.windowUpdate, 0, increment);
  }

  reset(stream: Stream, code: number): void {
    if (stream.isClosed) return;
    this.refuse(stream.id, code);
    this.abandon(stream);
  }

  /** Says that a stream is over which perhaps never was one. */
  refuse(id: number, code: number): void {
    this.#sender.word(frameTypes.rstStream, id, code);
    this.table.noteReset(id);
  }

  /** Nothing more comes or goes on a stream. */
  abandon(stream: Stream): void {
    this.#close(stream);
    stream.body.discard();
  }

  /** A stream is over before its time, and its owner told so. A response that has come whole is passed on all the same. */
  break(stream: Stream, code: number, by: BrokenBy): void {
    if (!this.#options.isServer && stream.isReceived) return this.#close(stream);
    this.abandon(stream);
    stream.owner?.broken(code, by);
  }

  /** The peer has sent all on a stream. */
  received(stream: Stream, trailers: readonly string[]): void {
    stream.isReceived = true;
    if (!stream.body.finish(trailers)) {
      throw new StreamError(stream.id, errorCodes.protocolError, 'less data than was announced');
    }
    if (stream.isSent && !stream.isClosed) this.#close(stream);
  }

  /** All of ours has gone out on a stream. */
  sent(stream: Stream): void {
    if (stream.isClosed) return;
    if (stream.wasCut) this.table.noteReset(stream.id);
    if (stream.wasCut || stream.isReceived) this.#close(stream);
    else if (this.#options.isServer) this.#options.answeredEarly(stream);
  }

  /** The peer allows another amount on each stream. */
  changeWindows(size: number): void {
    const difference = size - this.#peerWindow;
    this.#peerWindow = size;
    for (const stream of this.table.open.values()) {
      if (!stream.sendWindow.grow(difference)) {
        throw new ConnectionError(errorCodes.flowControlError, 'a window that may not be');
      }
      this.#sender.wake(stream);
    }
  }

  /** No stream above this one goes on. */
  breakAbove(id: number, code: number, by: BrokenBy): void {
    for (const stream of this.table.open.values()) if (stream.id > id) this.break(stream, code, by);
  }

  #close(stream: Stream): void {
    stream.isClosed = true;
    this.#sender.forget(stream);
    this.table.open.delete(stream.id);
    this.#options.closed(stream);
  }
}
