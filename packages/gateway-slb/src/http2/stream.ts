import type { HpackEncoder } from '../hpack/hpack-encoder.ts';
import { ByteQueue } from '../http/byte-queue.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type BodySource, StreamBody } from './stream-body.ts';
import { ReceiveWindow, SendWindow } from './windows.ts';
import { flagBits, frameTypes, maxPayloadBytes } from './wire.ts';

/** Whose stream it is: is told what becomes of it. */
export interface StreamOwner {
  /** A field block has come, not the one that began the stream. Returns the trailers if it was those. May throw a StreamError. */
  fields(list: readonly string[], endStream: boolean): readonly string[];
  /** The peer takes bytes again, after `send` returned false. */
  drained(): void;
  /** The stream is over before its time. */
  broken(code: number, by: BrokenBy): void;
}

/** Who has broken a stream: the peer by a reset, the rules because the peer has not kept to them, or the loss of the connection. */
export type BrokenBy = 'peer' | 'rules' | 'loss';

/** What a stream needs of its connection. */
export interface StreamHost {
  /** The stream has something to send. */
  wake(stream: Stream): void;
  /** So many bytes more wait on it. */
  queued(bytes: number): void;
  /** Bytes that came on it were taken off our hands. */
  release(stream: Stream, bytes: number): void;
  /** Ends the stream at once; what was not sent is not sent. */
  reset(stream: Stream, code: number): void;
  /** More waits to be sent on all streams together than there should. */
  readonly isFull: boolean;
}

/** How a stream came to its end on our side, once it is to end: with these trailers, or by a reset. */
type Ending = { readonly trailers: readonly string[] } | { readonly code: number };

/**
 * What came of a turn: `done` for now; `more` at once; `waiting` for the peer to allow more on this stream, or `starved`: on all.
 */
export type Progress = 'done' | 'more' | 'waiting' | 'starved';

/** More waiting bytes than this, and the sender is asked to pause. */
const maxQueued = 32 * 1024;

/** One stream of HTTP/2, of either side. */
export class Stream implements BodySource {
  readonly id: number;
  readonly sendWindow: SendWindow;
  readonly receiveWindow: ReceiveWindow;
  /** What comes on it. */
  readonly body: StreamBody;
  owner: StreamOwner | undefined;
  /** The peer has sent all. */
  isReceived = false;
  /** All of ours has gone out. */
  isSent = false;
  isClosed = false;
  /** Bytes that have gone out. */
  sentBytes = 0;
  readonly #host: StreamHost;
  readonly #queue = new ByteQueue();
  /** Field blocks that are to go out before the data. */
  #heads: readonly (readonly string[])[] = none;
  #ending: Ending | undefined;
  #isBehind = false;
  #sentBefore = -1;

  constructor(id: number, host: StreamHost, windows: { readonly send: number; readonly receive: number }) {
    this.id = id;
    this.#host = host;
    this.sendWindow = new SendWindow(windows.send);
    this.receiveWindow = new ReceiveWindow(windows.receive);
    this.body = new StreamBody(this);
  }

  /** All that is to be sent was given. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** The stream ends by a reset. */
  get wasCut(): boolean {
    return this.#ending !== undefined && 'code' in this.#ending;
  }

  /** The peer sends so many bytes, with their padding. False if it may not. */
  mayReceive(bytes: number): boolean {
    return !this.isReceived && this.receiveWindow.receive(bytes);
  }

  /** Sends a field block: name, value, name, value…, names in small letters. */
  sendFields(list: readonly string[]): void {
    if (this.isClosed || this.#ending) return;
    this.#heads = [...this.#heads, list];
    this.#host.wake(this);
  }

  /** Sends bytes, which are the caller's again when this returns. False if the peer is behind. */
  send(bytes: Buffer): boolean {
    if (this.isClosed || this.#ending) return true;
    this.#queue.push(bytes);
    this.#host.queued(bytes.length);
    this.#host.wake(this);
    if (this.#queue.length > maxQueued || this.#host.isFull) this.#isBehind = true;
    return !this.#isBehind;
  }

  /** Nothing more is to be sent but these trailers. */
  end(trailers: readonly string[]): void {
    this.#endBy({ trailers });
  }

  /** Ends the stream with this code once all that was given has gone out. */
  cut(code: number): void {
    this.#endBy({ code });
  }

  release(bytes: number): void {
    this.#host.release(this, bytes);
  }

  /** Ends the stream at once. */
  reset(code: number): void {
    if (!this.isClosed) this.#host.reset(this, code);
  }

  /** Writes what may go out now, no more than one frame of data. */
  write(writer: FrameWriter, encoder: HpackEncoder, window: SendWindow): Progress {
    for (const [index, head] of this.#heads.entries()) {
      const isLast = index === this.#heads.length - 1 && this.#queue.length === 0 && this.#endsBare;
      writer.fields(encoder.encode(head), this.id, isLast);
      if (isLast) this.isSent = true;
    }
    this.#heads = none;
    if (this.#queue.length > 0) {
      const progress = this.#writeData(writer, window);
      if (progress !== 'done') return progress;
    }
    if (this.#ending && !this.isSent) this.#writeEnd(writer, encoder, this.#ending);
    return 'done';
  }

  /** To be asked now and then: true if all was given, and nothing of it has gone out since the last time. */
  isStuck(): boolean {
    const isStill = this.sentBytes === this.#sentBefore;
    this.#sentBefore = this.sentBytes;
    return isStill && this.isEnding;
  }

  /** To be called after turns: tells the owner if the peer has caught up. */
  relieve(): void {
    if (!this.#isBehind || this.#queue.length > maxQueued / 2) return;
    this.#isBehind = false;
    this.owner?.drained();
  }

  /** Forgets what was to be sent; returns how many bytes. */
  drop(): number {
    this.#heads = none;
    return this.#queue.clear();
  }

  #endBy(ending: Ending): void {
    if (this.isClosed || this.#ending) return;
    this.#ending = ending;
    this.#host.wake(this);
  }

  /** The last frame says that it is the last. */
  get #endsBare(): boolean {
    return this.#ending !== undefined && 'trailers' in this.#ending && this.#ending.trailers.length === 0;
  }

  #writeData(writer: FrameWriter, window: SendWindow): Progress {
    const room = Math.min(maxPayloadBytes, this.sendWindow.room, window.room);
    if (room === 0) return this.sendWindow.room === 0 ? 'waiting' : 'starved';
    const bytes = this.#queue.take(room);
    const isLast = this.#queue.length === 0 && this.#endsBare;
    writer.frame(frameTypes.data, isLast ? flagBits.endStream : 0, this.id, bytes);
    this.sendWindow.take(bytes.length);
    window.take(bytes.length);
    this.sentBytes += bytes.length;
    if (isLast) this.isSent = true;
    return this.#queue.length > 0 ? 'more' : 'done';
  }

  #writeEnd(writer: FrameWriter, encoder: HpackEncoder, ending: Ending): void {
    this.isSent = true;
    if ('code' in ending) writer.word(frameTypes.rstStream, this.id, ending.code);
    else if (ending.trailers.length > 0) writer.fields(encoder.encode(ending.trailers), this.id, true);
    else writer.frame(frameTypes.data, flagBits.endStream, this.id, nothing);
  }
}

const none: readonly never[] = [];
const nothing = Buffer.alloc(0);
