import type { Socket } from 'node:net';
import type { Address } from '@ebb/activator';
import { systemFaults, maxHeaderBytes } from './call.ts';
import { connectTo } from './instance-socket.ts';
import type { ResponseHead } from '../http/downstream.ts';
import { Connection, type ConnectionOwner } from '../http2/connection.ts';
import { Memo } from '../http2/memo.ts';
import { readResponseFields } from '../http2/response.ts';
import type { Settings } from '../http2/settings.ts';
import type { Stream, StreamOwner } from '../http2/stream.ts';
import { writeParts } from '../http2/write-parts.ts';

/** What an instance may send ahead, on one stream and over all. */
const streamWindow = 256 * 1024;
const connectionWindow = 4 * 1024 * 1024;

/** All sessions read into it in turn: what a read brings is dealt with before the next. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Is to do something once all that has come was looked at. */
interface Flushed {
  flush(): void;
}

/** Is told what becomes of a session. */
export interface SessionOwner {
  /** The instance has told how many streams it allows; `Infinity`: any number. */
  allows(streams: number): void;
  /** No stream is open any more. */
  idle(): void;
  /** It takes no more requests. */
  left(): void;
}

/** One connection to an instance, of HTTP/2 in the clear. */
export class InstanceSession implements ConnectionOwner {
  /** Some request was answered on it. */
  hasServed = false;
  /** A connection has been made. */
  isConnected = false;
  /** Why there is no connection, if that says nothing about the instance. */
  hasOwnFault = false;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #owner: SessionOwner;
  /** A guess, until the instance has told. */
  #maxStreams: number;
  #hasTold = false;
  #hasLeft = false;
  /** What is to be done once there is a connection. */
  #whenConnected: (() => void)[] = [];
  #isReceiving = false;
  #toFlush: Flushed[] = [];
  readonly #heads = new Memo<readonly string[], ResponseHead>();

  /** @param streamsAtFirst Those that may be begun before the instance has told how many it allows. */
  constructor(address: Address, now: () => number, streamsAtFirst: number, owner: SessionOwner) {
    this.#owner = owner;
    this.#maxStreams = streamsAtFirst;
    const onread = { buffer: readBuffer, callback: (length: number): boolean => this.#receive(length) };
    const socket = connectTo(address, { onread });
    const transport = {
      write: (parts: readonly Buffer[]) => writeParts(socket, parts),
      end: () => socket.destroySoon(),
    };
    this.#socket = socket;
    this.#connection = new Connection(this, transport, {
      side: 'client',
      now,
      streamWindow,
      connectionWindow,
      maxHeaderBytes,
    });
    socket.once('connect', () => this.#connected());
    socket.on('drain', () => this.#connection.writable());
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => {
      this.hasOwnFault = 'code' in error && systemFaults.has(String(error.code));
    });
    socket.once('close', () => {
      this.#leave();
      this.#connection.lost();
    });
  }

  /** One more stream can be begun at once. */
  get hasRoom(): boolean {
    const { size, hasNumbers } = this.#connection;
    return !this.#hasLeft && hasNumbers && size < this.#maxStreams;
  }

  get isIdle(): boolean {
    return this.isConnected && this.#connection.size === 0;
  }

  open(owner: StreamOwner): Stream {
    return this.#connection.open(owner);
  }

  /** Calls back once there is a connection, unless there never is. */
  whenConnected(task: () => void): void {
    if (this.isConnected) task();
    else this.#whenConnected.push(task);
  }

  /** Has this flushed once all that has come was looked at. */
  flushSoon(flushed: Flushed): void {
    if (this.#isReceiving) this.#toFlush.push(flushed);
    else flushed.flush();
  }

  /** The head with these fields: that of an earlier response, if it had the same. Undefined if it is malformed. */
  headOf(fields: readonly string[]): ResponseHead | undefined {
    const known = this.#heads.recall(fields);
    if (known) return known;
    const head = readResponseFields(fields);
    return head && this.#heads.remember(fields, head);
  }

  /** Ends it in peace; to be called once it is idle. */
  close(): void {
    this.#leave();
    this.#connection.goaway(true);
    this.#connection.end();
  }

  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  opened(): void {} // nobody but us begins streams

  answeredEarly(): void {} // we are the client

  settled({ maxConcurrentStreams }: Settings): void {
    // One that says nothing at first allows any number; later that changes nothing.
    if (maxConcurrentStreams === undefined && this.#hasTold) return;
    this.#hasTold = true;
    this.#maxStreams = maxConcurrentStreams ?? Infinity;
    this.#owner.allows(this.#maxStreams);
  }

  goaway(): void {
    this.#leave();
    if (this.#connection.size === 0) this.#connection.end();
  }

  closed(): void {
    this.hasServed = true;
    if (this.#connection.size > 0) return;
    if (this.#hasLeft) this.#connection.end();
    else this.#owner.idle();
  }

  ponged(): void {}

  failed(): void {
    this.#leave();
  }

  #connected(): void {
    this.isConnected = true;
    this.#connection.writable();
    for (const task of this.#whenConnected.splice(0)) task();
    if (this.#connection.size === 0) this.#owner.idle();
  }

  #receive(length: number): boolean {
    this.#isReceiving = true;
    this.#connection.receive(readBuffer.subarray(0, length));
    this.#isReceiving = false;
    for (const flushed of this.#toFlush) flushed.flush();
    if (this.#toFlush.length > 0) this.#toFlush = [];
    return true;
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#owner.left();
  }
}
