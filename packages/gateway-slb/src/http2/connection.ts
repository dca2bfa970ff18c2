import { FloodGuard } from './flood-guard.ts';
import { type FramesOwner, IncomingFrames } from './incoming-frames.ts';
import { Receiver } from './receiver.ts';
import { Sender, type Transport } from './sender.ts';
import { type Settings, writeSettings } from './settings.ts';
import type { Stream, StreamOwner } from './stream.ts';
import { Streams } from './streams.ts';
import { ConnectionError, clientPreface, defaultWindow, errorCodes, frameTypes, maxInt31 } from './wire.ts';

/** Whose connection it is: does what the two sides do differently. */
export interface ConnectionOwner {
  /** The client has begun a stream; its fields are undefined if they are too large. May throw a StreamError. A client is never told this. */
  opened(stream: Stream, fields: readonly string[] | undefined): void;
  /** The peer has told of itself. */
  settled(settings: Settings): void;
  /** The peer goes: a client begins no more streams, a server looks at no more than those that are open now. */
  goaway(): void;
  /** A stream does not count any more. */
  closed(stream: Stream): void;
  /** A client's request was answered whole, and has not come whole. */
  answeredEarly(stream: Stream): void;
  /** The answer to `ping` has come. */
  ponged(): void;
  /** The peer has broken a rule, was told so, and nothing more goes on. */
  failed(error: ConnectionError): void;
}

export interface ConnectionOptions {
  readonly side: 'server' | 'client';
  /** Milliseconds. */
  readonly now: () => number;
  /** Streams a client may have at a time. Not for clients. */
  readonly maxStreams?: number | undefined;
  /** What the peer may send ahead on a stream, and over all. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Of the fields of one block, counted as RFC 9113 does (section 6.5.2). */
  readonly maxHeaderBytes: number;
}

const ownPing = Buffer.from('ebb-away', 'latin1');

/** A connection of HTTP/2, of either side: keeps to the rules of RFC 9113, and knows nothing of requests or sockets. */
export class Connection implements FramesOwner {
  /** When our settings were sent, until the peer has acknowledged them. */
  unacknowledgedSince: number | undefined;
  readonly #owner: ConnectionOwner;
  readonly #isServer: boolean;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #receiver: Receiver;
  #isOver = false;

  constructor(owner: ConnectionOwner, transport: Transport, options: ConnectionOptions) {
    const { side, now, maxStreams = 0, maxHeaderBytes } = options;
    const isServer = side === 'server';
    const sender = new Sender(transport, (stream) => this.#streams.sent(stream));
    const guard = new FloodGuard(now);
    const closed = (stream: Stream): void => {
      if (stream.isSent && !stream.wasCut) guard.streamAnswered();
      owner.closed(stream);
    };
    const answeredEarly = (stream: Stream): void => owner.answeredEarly(stream);
    const streams = new Streams(sender, { ...options, isServer, closed, answeredEarly });
    const frames = new IncomingFrames({ owner: this, streams, sender, guard, isServer, maxStreams });
    this.#owner = owner;
    this.#isServer = isServer;
    this.#sender = sender;
    this.#streams = streams;
    this.#receiver = new Receiver(frames, isServer ? 'client' : 'server', maxHeaderBytes);
    this.unacknowledgedSince = now();
    this.#greet(options);
  }

  /** Streams that are open. */
  get streams(): Iterable<Stream> {
    return this.#streams.table.open.values();
  }

  /** How many. */
  get size(): number {
    return this.#streams.table.open.size;
  }

  /** Whether there are numbers for more streams. */
  get hasNumbers(): boolean {
    return this.#streams.table.last < maxInt31 - 1;
  }

  /** Lets go out what waits: to be called once there is a connection, and whenever it takes bytes again. */
  writable(): void {
    this.#sender.release();
  }

  /** Takes bytes of the peer's, which are the caller's again when this returns, but for what sinks of bodies have kept. */
  receive(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#receiver.receive(bytes);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.fail(error);
    }
  }

  /** Begins a stream, of which the server hears with the first fields. */
  open(owner: StreamOwner): Stream {
    const { table } = this.#streams;
    const id = table.last === 0 ? 1 : table.last + 2;
    table.begin(id);
    const stream = this.#streams.add(id);
    stream.owner = owner;
    return stream;
  }

  /** Tells the peer to go. If that is final, no stream that it begins from now on is answered. */
  goaway(isFinal: boolean): void {
    const { table } = this.#streams;
    if (isFinal) table.lastTaken = table.last;
    this.#sendGoaway(isFinal ? this.#lastOfPeer : maxInt31, errorCodes.noError);
  }

  /** Asks for a sign of life, see `ponged`. */
  ping(): void {
    this.#sender.frame(frameTypes.ping, 0, 0, ownPing);
  }

  /** Ends the connection, after what waits has gone out: streams do not go on. */
  end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#sender.end();
  }

  /** The connection is gone. */
  lost(): void {
    this.#over();
    this.#sender.stop();
    this.#streams.breakAbove(0, errorCodes.internalError, 'loss');
  }

  /** Tells the peer what it has done, and ends the connection. */
  fail(error: ConnectionError): void {
    if (this.#isOver) return;
    this.#over();
    this.#sendGoaway(this.#lastOfPeer, error.code);
    this.#streams.breakAbove(0, error.code, 'rules');
    this.#sender.end();
    this.#owner.failed(error);
  }

  opened(stream: Stream, fields: readonly string[] | undefined): void {
    this.#owner.opened(stream, fields);
  }

  settled(settings: Settings): void {
    this.#owner.settled(settings);
  }

  settingsAcknowledged(): void {
    this.unacknowledgedSince = undefined;
  }

  ponged(payload: Buffer): void {
    if (payload.equals(ownPing)) this.#owner.ponged();
  }

  peerGoaway(lastStreamId: number): void {
    this.#owner.goaway();
    if (this.#isServer) return;
    this.#streams.breakAbove(lastStreamId, errorCodes.refusedStream, 'peer');
    // Servers send a ping with it, and take the answer for a sign that all streams have come.
    this.#sender.flush();
  }

  /** The last stream the peer has begun; servers begin none. */
  get #lastOfPeer(): number {
    return this.#isServer ? this.#streams.table.last : 0;
  }

  #greet({ side, maxStreams = 0, streamWindow, connectionWindow, maxHeaderBytes }: ConnectionOptions): void {
    if (side === 'client') this.#sender.raw(clientPreface);
    const own = side === 'client' ? { enablePush: 0 } : { maxConcurrentStreams: maxStreams };
    const settings = { ...own, initialWindowSize: streamWindow, maxHeaderListSize: maxHeaderBytes };
    this.#sender.frame(frameTypes.settings, 0, 0, writeSettings(settings));
    this.#sender.word(frameTypes.windowUpdate, 0, connectionWindow - defaultWindow);
  }

  #sendGoaway(lastStreamId: number, code: number): void {
    const payload = Buffer.allocUnsafe(8);
    payload.writeUInt32BE(lastStreamId, 0);
    payload.writeUInt32BE(code, 4);
    this.#sender.frame(frameTypes.goaway, 0, 0, payload);
  }

  #over(): void {
    this.#isOver = true;
    this.#receiver.stop();
  }
}
