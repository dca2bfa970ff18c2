import { HpackEncoder } from '../hpack/hpack-encoder.ts';
import type { SentData } from './flood-guard.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Stream } from './stream.ts';
import { SendWindow } from './windows.ts';
import { defaultWindow, frameHeadBytes } from './wire.ts';

/** Where bytes go. */
export interface Transport {
  /** False if they wait; then the sender's `release` is to be called once they do not. */
  write(parts: readonly Buffer[]): boolean;
  /** Nothing is written after what was. */
  end(): void;
}

/** Bytes that are put into one write. */
const turnBytes = 64 * 1024;
/** On all streams together. */
const maxQueued = 512 * 1024;

/** With more data waiting, a smaller frame is what the peer's window made of it. */
const smallBytes = 1024;

/** All connections put their frames together here: each is done before the next begins. */
const writer = new FrameWriter();

/**
 * What goes out on a connection: the frames of one turn of the event loop together, those of the connection itself first, then one frame of data of
 * each stream in turn, as far as windows and the socket allow.
 */
export class Sender implements SentData {
  /** What may be sent on all streams together. */
  readonly window: SendWindow = new SendWindow(defaultWindow);
  readonly encoder: HpackEncoder = new HpackEncoder();
  dataFrames = 0;
  dataBytes = 0;
  readonly #transport: Transport;
  #control: Buffer[] = [];
  #controlBytes = 0;
  readonly #ready = new Set<Stream>();
  /** Streams that wait for the window of the connection. */
  readonly #starved = new Set<Stream>();
  /** Told of each stream of which all has gone out. */
  readonly #sent: (stream: Stream) => void;
  #queued = 0;
  #isScheduled = false;
  /** Nothing is written at the moment. */
  #isHeld = true;
  #isEnding = false;
  #isOver = false;

  constructor(transport: Transport, sent: (stream: Stream) => void) {
    this.#transport = transport;
    this.#sent = sent;
  }

  /** Bytes of the connection's own frames that wait. */
  get controlBytes(): number {
    return this.#controlBytes;
  }

  get isFull(): boolean {
    return this.#queued > maxQueued;
  }

  /** Lets go out what waits: to be called once there is a connection, and whenever it takes bytes again. */
  release(): void {
    this.#isHeld = false;
    this.#flush();
  }

  /** Bytes that are frames, or stand before all frames. */
  raw(bytes: Buffer): void {
    this.#control.push(bytes);
    this.#controlBytes += bytes.length;
    this.#schedule();
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const head = Buffer.allocUnsafe(frameHeadBytes + payload.length);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(streamId, 5);
    payload.copy(head, frameHeadBytes);
    this.raw(head);
  }

  /** A frame whose payload is one number. */
  word(type: number, streamId: number, value: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(value);
    this.frame(type, 0, streamId, payload);
  }

  wake(stream: Stream): void {
    if (this.#starved.has(stream)) return;
    this.#ready.add(stream);
    this.#schedule();
  }

  /** More, or fewer, bytes wait on a stream. */
  count(bytes: number): void {
    this.#queued += bytes;
  }

  /** The stream is over. */
  forget(stream: Stream): void {
    this.#queued -= stream.drop();
    this.#ready.delete(stream);
    this.#starved.delete(stream);
  }

  /** The window has grown. */
  wakeStarved(): void {
    for (const stream of this.#starved) this.#ready.add(stream);
    this.#starved.clear();
    this.#schedule();
  }

  /** Writes what the connection itself has to say last, and ends it, whether the other side is behind or not. */
  end(): void {
    this.#isEnding = true;
    this.#isHeld = false;
    this.#schedule();
  }

  /** Writes nothing any more. */
  stop(): void {
    this.#isOver = true;
    this.#ready.clear();
    this.#starved.clear();
    this.#control = [];
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isHeld || this.#isOver) return;
    this.#isScheduled = true;
    setImmediate(flush, this);
  }

  /** Writes what waits now, not at the end of the turn, unless the socket is behind. */
  flush(): void {
    this.#isScheduled = false;
    if (!this.#isHeld) this.#flush();
    if (!this.#isEnding || this.#isOver) return;
    this.stop();
    this.#transport.end();
  }

  #flush(): void {
    // What a fault has left behind was meant for another connection.
    if (writer.length > 0) writer.take();
    while (!this.#isOver && (this.#control.length > 0 || this.#ready.size > 0)) {
      for (const frames of this.#control) writer.raw(frames);
      this.#control = [];
      this.#controlBytes = 0;
      const written = this.#writeStreams();
      if (writer.length > 0) this.#isHeld = !this.#transport.write(writer.take());
      for (const stream of written) stream.relieve();
      if (this.#isHeld) return;
    }
  }

  /** Streams that have more to send take their next turn after all the others. Returns those that have sent data. */
  #writeStreams(): readonly Stream[] {
    const written: Stream[] = [];
    for (const stream of this.#ready) {
      if (writer.length >= turnBytes) break;
      this.#ready.delete(stream);
      const before = stream.sentBytes;
      const progress = stream.write(writer, this.encoder, this.window);
      const sent = stream.sentBytes - before;
      this.#queued -= sent;
      if (sent > 0) {
        this.dataBytes += sent;
        if (progress === 'done' || sent >= smallBytes) this.dataFrames++;
        written.push(stream);
      }
      if (progress === 'more') this.#ready.add(stream);
      else if (progress === 'starved') this.#starved.add(stream);
      if (stream.isSent) this.#sent(stream);
    }
    return written;
  }
}

function flush(sender: Sender): void {
  sender.flush();
}
