import { type ServerHttp2Session, type ServerHttp2Stream, constants, performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';
import { TokenBucket } from '@ebb/base';
import type { DataPlane } from '../http/data-plane.ts';
import type { Dated, DatedPlace } from '../http/deadlines.ts';
import type { Peer } from '../http/downstream.ts';
import { handleRequest } from '../http/handle-request.ts';
import { answerOf, refusals } from '../http/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import { readStreamHead } from './request.ts';
import { StreamDownstream } from './stream-downstream.ts';

export interface Http2Limits {
  /** Most bytes the headers of a request may have, each counted with 32 more (RFC 9113, section 6.5.2). */
  readonly headerBytes: number;
  /** Time a connection without a request is kept. */
  readonly keepAliveMs: number;
}

/** Requests at a time on one connection. */
const maxStreams = 250;
/** What a client may send ahead of one request's body; the sum is all that waits for instances. */
const streamWindow = 65_535;
/** What it may send ahead over all. */
const connectionWindow = 1024 * 1024;

/**
 * Streams that clients break off, or make us break off, before they are answered: each has cost an instance something, while the
 * limit on streams does not count it any more (CVE-2023-44487, CVE-2025-8671).
 */
const breaks = { perSecond: 50, burst: 500 };

/** Headers that take more bytes are not remembered. */
const maxRemembered = 4096;

/** Time a client has to leave after it was told to. */
const leaveMs = 1000;

const noLastStream = 2 ** 31 - 1;

/**
 * One connection that speaks HTTP/2, over TLS or not. Framing, compression, and floods of settings, pings, empty frames and
 * continuations are nghttp2's and Node's to judge; this bounds what they leave open.
 */
export class Http2Connection implements Dated {
  place: DatedPlace | undefined;
  readonly #plane: DataPlane;
  readonly #peer: Peer;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #headerBytes: number;
  readonly #keepAliveMs: number;
  readonly #open = new Set<StreamDownstream>();
  readonly #breaks: TokenBucket;
  #idleSince: number;
  #bytesWritten = 0;
  #isClosing = false;
  #lastRaw: readonly string[] = [];
  #lastHead: RequestHead | undefined;

  constructor(plane: DataPlane, socket: Socket, peer: Peer, { headerBytes, keepAliveMs }: Http2Limits) {
    this.#plane = plane;
    this.#peer = peer;
    this.#socket = socket;
    this.#headerBytes = headerBytes;
    this.#keepAliveMs = keepAliveMs;
    this.#idleSince = plane.clock.now();
    this.#breaks = new TokenBucket(breaks, this.#idleSince);
    const settings = {
      maxConcurrentStreams: maxStreams,
      initialWindowSize: streamWindow,
      maxHeaderListSize: headerBytes,
    };
    // No header takes less than 33 of the bytes.
    const session = performServerHandshake(socket, { settings, maxHeaderListPairs: Math.ceil(headerBytes / 33) });
    this.#session = session;
    session.on('error', () => {}); // `close` follows
    session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: unknown, raw: string[]) =>
      this.#take(stream, raw),
    );
    session.once('close', () => plane.deadlines.drop(this));
    session.setLocalWindowSize(connectionWindow);
    plane.deadlines.set(this, this.#idleSince + keepAliveMs);
  }

  /** Takes no new request, and closes when those under way are answered. */
  close(): void {
    if (this.#isClosing || this.#session.destroyed) return;
    this.#isClosing = true;
    // Requests that are on their way to us are still taken (RFC 9113, section 6.8).
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, noLastStream);
    const close = (): void => this.#session.close();
    if (this.#open.size === 0 || !this.#session.ping(close)) close();
  }

  due(nowMs: number): number | undefined {
    if (this.#session.destroyed) return undefined;
    if (this.#open.size === 0) {
      if (this.#isClosing) return this.#destroy();
      if (nowMs < this.#idleSince + this.#keepAliveMs) return this.#idleSince + this.#keepAliveMs;
      this.close();
      return nowMs + leaveMs;
    }
    // All was said, but the client does not take it.
    const { bytesWritten } = this.#socket;
    if (bytesWritten === this.#bytesWritten && [...this.#open].every(({ over }) => over)) return this.#destroy();
    this.#bytesWritten = bytesWritten;
    return nowMs + this.#keepAliveMs;
  }

  #destroy(): undefined {
    this.#session.destroy();
    this.#socket.destroy();
  }

  #take(stream: ServerHttp2Stream, raw: string[]): void {
    const known = this.#recall(raw);
    const head = known ?? readStreamHead(raw);
    const downstream = new StreamDownstream(stream, head);
    this.#open.add(downstream);
    stream.once('close', () => this.#closed(stream, downstream));
    if (!known) {
      const size = sizeOf(raw);
      // Node keeps to the limit only once the client has acknowledged it.
      if (size > this.#headerBytes) return downstream.answer(answerOf(refusals.headersTooLarge));
      if (size <= maxRemembered) this.#remember(raw, head);
    }
    handleRequest(this.#plane, head, downstream, this.#peer);
  }

  /** The head that the last request on this connection had, if it had these headers: duties change heads, and then none is used again. */
  #recall(raw: readonly string[]): RequestHead | undefined {
    const last = this.#lastRaw;
    if (!this.#lastHead || raw.length !== last.length || this.#plane.duties?.() !== undefined) return undefined;
    for (let i = 0; i < raw.length; i++) if (raw[i] !== last[i]) return undefined;
    return this.#lastHead;
  }

  #remember(raw: readonly string[], head: RequestHead): void {
    if (head.fault || this.#plane.duties?.() !== undefined) return;
    head.requests = [];
    this.#lastRaw = raw;
    this.#lastHead = head;
  }

  #closed(stream: ServerHttp2Stream, downstream: StreamDownstream): void {
    this.#open.delete(downstream);
    const now = this.#plane.clock.now();
    if (this.#open.size === 0) this.#idleSince = now;
    if (downstream.wasCut || (downstream.over && stream.rstCode === constants.NGHTTP2_NO_ERROR)) return;
    if (this.#breaks.take(now) > 0) this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

/** Of headers, as RFC 9113 counts. */
function sizeOf(raw: readonly string[]): number {
  let size = 0;
  for (const text of raw) size += text.length + 16;
  return size;
}
