import type { Duplex } from 'node:stream';
import { type Clock } from '@ebb/base';
import {
  FrameParser,
  type SpdyFrame,
  dataHead,
  goAwayFrame,
  pingFrame,
  rstFrame,
  rstStatus,
  synReplyFrame,
} from './frames.ts';
import { HeaderReader, HeaderWriter } from './header-block.ts';
import { SpdyStream } from './stream.ts';

export interface SpdyOptions {
  /** Told of each stream that the client opens. Who has no use for it destroys it. */
  readonly onStream: (stream: SpdyStream) => void;
  readonly clock: Clock;
}

/** Streams open at a time; more are refused. */
const maxStreams = 1000;
/**
 * Bytes that wait to be read, of all streams together, before nothing more is taken from the network. Clients of Kubernetes keep to
 * no windows (WINDOW_UPDATE is taken and not acted on), so one slow stream holds up the others, and memory stays bounded.
 */
const maxHeldBytes = 1024 * 1024;
const maxDataBytes = 64 * 1024;
/** How long the client may take to close its end. */
const closeMs = 5000;

/** The server's end of a SPDY/3.1 connection, over a socket whose upgrade has been answered. Streams come from the client only. */
export class SpdyConnection {
  /** Aborted when the connection has ended. */
  readonly closed: AbortSignal;
  readonly #closing = new AbortController();
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  #lastId = 0;
  #held = 0;
  #isEnding = false;
  #wake: (() => void) | undefined;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.closed = this.#closing.signal;
    socket.on('error', () => undefined); // The reading loop sees it too.
    socket.once('close', () => this.#wake?.());
  }

  /** Serves until the connection ends, in whatever way. Never rejects. */
  async run(): Promise<void> {
    const parser = new FrameParser();
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        for (const frame of parser.parse(chunk)) {
          await this.#take(frame);
          while (this.#held > maxHeldBytes && !this.#socket.destroyed) await this.#room();
        }
      }
    } catch {
      // A client that breaks the protocol or leaves: for its streams that is the same.
    } finally {
      this.#isEnding = true;
      for (const stream of this.#streams.values()) stream.receiveReset();
      this.#reader[Symbol.dispose]();
      this.#writer[Symbol.dispose]();
      this.#socket.destroy();
      this.#closing.abort(new DOMException('the connection is closed', 'AbortError'));
    }
  }

  /** Tells the client that this is all, once what was written is out; waits a moment for it to close its end. */
  close(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#wake?.();
    this.#socket.end(goAwayFrame(this.#lastId));
    this.#options.clock.after(closeMs, () => this.#socket.destroy());
  }

  async #take(frame: SpdyFrame): Promise<void> {
    if (this.#isEnding) return;
    switch (frame.type) {
      case 'synStream':
        return this.#open(frame);
      case 'data': {
        const stream = this.#streams.get(frame.streamId);
        if (frame.data.length > 0) stream?.receive(frame.data);
        if (frame.fin) stream?.receive(null);
        return;
      }
      case 'synReply':
      case 'headers':
        // Nothing in it is of use, but all blocks are one compressed stream.
        await this.#reader.read(frame.block);
        if (frame.fin) this.#streams.get(frame.streamId)?.receive(null);
        return;
      case 'rstStream':
        this.#streams.get(frame.streamId)?.receiveReset();
        return;
      case 'ping':
        // Those of even number would be answers to ours, and there are none of ours.
        if (frame.id % 2 === 1) this.#write(pingFrame(frame.id));
        return;
      case 'goAway':
      case 'settings':
      case 'windowUpdate':
        return;
    }
  }

  async #open({ streamId, block, fin }: Extract<SpdyFrame, { type: 'synStream' }>): Promise<void> {
    const headers = await this.#reader.read(block);
    // A client's streams are of odd numbers that go up.
    if (streamId % 2 === 0 || streamId <= this.#lastId) return this.#write(rstFrame(streamId, rstStatus.protocolError));
    this.#lastId = streamId;
    if (this.#streams.size >= maxStreams) return this.#write(rstFrame(streamId, rstStatus.refusedStream));
    const stream = new SpdyStream(streamId, headers, {
      send: (id, data, isLast, done) => this.#sendData(id, data, isLast, done),
      held: (bytes) => this.#hold(bytes),
      forget: (id, status) => {
        this.#streams.delete(id);
        if (status !== undefined) this.#write(rstFrame(id, status));
      },
    });
    this.#streams.set(streamId, stream);
    // Before anything else on it: clients drop what comes on a stream that was not replied to.
    this.#write(synReplyFrame(streamId, await this.#writer.write(new Map())));
    this.#options.onStream(stream);
    if (fin) stream.receive(null);
  }

  #sendData(id: number, data: Buffer, fin: boolean, done: (error?: Error | null) => void): void {
    if (this.#isEnding) return done(new Error('the connection is closed'));
    let at = 0;
    for (; data.length - at > maxDataBytes; at += maxDataBytes) {
      this.#socket.write(dataHead(id, maxDataBytes, false));
      this.#socket.write(data.subarray(at, at + maxDataBytes));
    }
    this.#socket.write(dataHead(id, data.length - at, fin));
    this.#socket.write(data.subarray(at), done);
  }

  #write(frame: Buffer): void {
    if (!this.#isEnding) this.#socket.write(frame);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held <= maxHeldBytes) this.#wake?.();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
