import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type OutgoingHttpHeaders,
  connect,
} from 'node:http2';
import type { Address } from '@ebb/activator';
import { type Clock, formatAddress } from '@ebb/base';
import { connectTimeoutMs, maxHeaderBytes } from './call.ts';

/** Time a session without streams is kept. */
const idleMs = 4000;
/** What an instance may send ahead, on one stream and over all. */
const streamWindow = 256 * 1024;
const sessionWindow = 4 * 1024 * 1024;
/** Streams begun before the instance has told how many it allows. */
const streamsAtFirst = 100;

/** One connection to an instance. */
export class InstanceSession {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #forget: () => void;
  #streams = 0;
  #timer: Disposable;
  #isForgotten = false;
  #isConnected = false;
  /** What is to be done once there is a connection. */
  readonly #whenConnected: (() => void)[] = [];

  /** @param forget Called once it takes no more requests. */
  constructor(address: Address, clock: Clock, forget: () => void) {
    this.#clock = clock;
    this.#forget = forget;
    const session = connect(`http://${formatAddress(address)}`, {
      settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: maxHeaderBytes },
      maxHeaderListPairs: Math.ceil(maxHeaderBytes / 33),
    });
    this.#session = session;
    this.#timer = clock.after(connectTimeoutMs, () => this.destroy(new Error('no connection in time')));
    session.once('connect', () => {
      this.#isConnected = true;
      session.setLocalWindowSize(sessionWindow);
      this.#timer[Symbol.dispose]();
      for (const task of this.#whenConnected.splice(0)) task();
      this.#sleepIfIdle();
    });
    session.on('error', () => this.#leave()); // each stream hears of it too
    session.once('goaway', () => this.#leave());
    session.once('close', () => this.#leave());
  }

  /** A connection has been made. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** One more stream can be begun at once. */
  get hasRoom(): boolean {
    const { closed, destroyed, connecting, remoteSettings } = this.#session;
    if (this.#isForgotten || closed || destroyed) return false;
    const allowed = connecting ? streamsAtFirst : (remoteSettings.maxConcurrentStreams ?? streamsAtFirst);
    return this.#streams < allowed;
  }

  /** Begins a stream. Throws at headers that HTTP/2 does not allow. */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.#session.request(headers, options);
    if (this.#streams++ === 0 && this.#isConnected) this.#timer[Symbol.dispose]();
    stream.once('close', () => {
      this.#streams--;
      if (this.#isConnected) this.#sleepIfIdle();
    });
    return stream;
  }

  /** Calls back once there is a connection, unless there never is. */
  whenConnected(task: () => void): void {
    if (this.#isConnected) task();
    else this.#whenConnected.push(task);
  }

  destroy(error?: Error): void {
    this.#leave();
    this.#session.destroy(error);
  }

  #sleepIfIdle(): void {
    if (this.#streams > 0 || this.#isForgotten) return;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#clock.after(idleMs, () => {
      this.#leave();
      this.#session.close();
    });
  }

  #leave(): void {
    if (this.#isForgotten) return;
    this.#isForgotten = true;
    this.#timer[Symbol.dispose]();
    this.#forget();
  }
}
