import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Dated, DatedPlace } from '../http/deadlines.ts';
import type { Peer } from '../http/downstream.ts';
import { handleRequest, noteRefusal } from '../http/handle-request.ts';
import { answerOf, refusals } from '../http/refusal.ts';
import { RequestHead } from '../http/request-head.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { Memo } from './memo.ts';
import { readStreamHead } from './request.ts';
import { StreamDownstream } from './stream-downstream.ts';
import type { Stream } from './stream.ts';
import { writeParts } from './write-parts.ts';
import { ConnectionError, StreamError, errorCodes } from './wire.ts';

export interface Http2Limits {
  /** Most bytes the headers of a request may have, each counted with 32 more (RFC 9113, section 6.5.2). */
  readonly headerBytes: number;
  /** Time a connection without a request is kept. */
  readonly keepAliveMs: number;
}

/** What all connections of a listener have in common. */
export interface ServerContext {
  readonly plane: DataPlane;
  readonly limits: Http2Limits;
  /** The time, as a header has it. */
  readonly date: () => string;
}

/** Requests at a time on one connection. */
const maxStreams = 250;
/** What a client may send ahead of one request's body; the sum is all that waits for instances. */
const streamWindow = 65_535;
/** What it may send ahead over all. */
const connectionWindow = 1024 * 1024;

/** Time a client has to leave after it was told to, and to read why. */
const leaveMs = 1000;
/** Time it has to read an answer, and to stop sending what was answered, before it is asked to (RFC 9113, section 8.1): curl would lose the answer. */
const stopMs = 1000;
/** Time it has to acknowledge our settings. */
const settingsMs = 30_000;

/** One client's connection that speaks HTTP/2, over TLS or not: each stream is a request. */
export class ServerConnection implements Dated, ConnectionOwner {
  place: DatedPlace | undefined;
  readonly #context: ServerContext;
  readonly #peer: Peer;
  readonly #socket: Socket;
  readonly #connection: Connection;
  #idleSince: number;
  #bytesOut = 0;
  /**
   * - `closing`: the client was told to go; `last`: it was told which request was the last.
   * - `ended`: nothing more is said; `failed`: nor is there any reason to wait until it is heard.
   */
  #state: 'open' | 'closing' | 'last' | 'ended' | 'failed' = 'open';
  /** The client has said that it goes, and begins no more streams as a rule. */
  #clientGoes = false;
  readonly #heads = new Memo<readonly string[], RequestHead>();
  /** Requests that were answered before they had come whole, and when they are to be stopped. */
  readonly #early = new Map<Stream, number>();

  constructor(context: ServerContext, socket: Socket, peer: Peer) {
    const { plane, limits } = context;
    this.#context = context;
    this.#peer = peer;
    this.#socket = socket;
    this.#idleSince = plane.clock.now();
    const transport = { write: (parts: readonly Buffer[]) => writeParts(socket, parts), end: () => this.#end() };
    this.#connection = new Connection(this, transport, {
      side: 'server',
      now: () => plane.clock.now(),
      maxStreams,
      streamWindow,
      connectionWindow,
      maxHeaderBytes: limits.headerBytes,
    });
    this.#connection.writable();
    socket.on('data', (bytes: Buffer) => this.#connection.receive(bytes));
    socket.on('drain', () => this.#connection.writable());
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      plane.deadlines.drop(this);
      this.#connection.lost();
    });
    plane.deadlines.set(this, this.#nextDue(this.#idleSince));
    socket.resume();
  }

  /** Takes no new request, and closes when those under way are answered. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    // Requests that are on their way to us are still taken (RFC 9113, section 6.8).
    this.#connection.goaway(false);
    this.#connection.ping();
    this.#dueIn(leaveMs);
  }

  due(nowMs: number): number | undefined {
    const { unacknowledgedSince, size } = this.#connection;
    if (this.#state === 'failed') return this.#destroy();
    // Our last words may still be on their way to a client that takes its time.
    if (this.#state === 'ended') return this.#isStill() ? this.#destroy() : nowMs + this.#context.limits.keepAliveMs;
    if (unacknowledgedSince !== undefined && nowMs >= unacknowledgedSince + settingsMs) {
      this.#connection.fail(new ConnectionError(errorCodes.settingsTimeout, 'settings nobody acknowledges'));
      return nowMs + leaveMs;
    }
    this.#stopEarly(nowMs);
    if (this.#state === 'closing') this.#sayLast();
    if (size === 0 && this.#state === 'open') {
      if (nowMs < this.#idleSince + this.#context.limits.keepAliveMs) return this.#nextDue(nowMs);
      this.close();
      return nowMs + leaveMs;
    }
    return this.#dropStuck() ? this.#destroy() : this.#nextDue(nowMs);
  }

  opened(stream: Stream, fields: readonly string[] | undefined): void {
    const head = fields ? this.#headOf(fields) : new RequestHead();
    const { plane } = this.#context;
    if (!head || (stream.isReceived && (head.contentLength ?? 0) > 0)) {
      noteRefusal(plane, refusals.notHttp, this.#peer, head);
      throw new StreamError(stream.id, errorCodes.protocolError, 'a malformed request');
    }
    const downstream = new StreamDownstream(stream, head, this.#context.date);
    stream.owner = downstream;
    if (fields) return handleRequest(plane, head, downstream, this.#peer);
    noteRefusal(plane, refusals.headersTooLarge, this.#peer);
    downstream.answer(answerOf(refusals.headersTooLarge));
  }

  answeredEarly(stream: Stream): void {
    if (this.#state !== 'open') return stream.reset(errorCodes.noError);
    const { clock, deadlines } = this.#context.plane;
    const now = clock.now();
    this.#early.set(stream, now + stopMs);
    deadlines.set(this, this.#nextDue(now));
  }

  closed(stream: Stream): void {
    this.#early.delete(stream);
    if (this.#connection.size > 0) return;
    this.#idleSince = this.#context.plane.clock.now();
    if (this.#state === 'last') this.#connection.end();
    else if (this.#clientGoes) this.#sayLast();
  }

  settled(): void {}

  goaway(): void {
    this.#clientGoes = true;
    if (this.#connection.size === 0) this.#sayLast();
  }

  ponged(): void {
    if (this.#state === 'closing') this.#sayLast();
  }

  failed(error: ConnectionError): void {
    this.#state = 'failed';
    this.#context.plane.logger.debug({ code: error.code, error: error.message }, 'connection of HTTP/2 ended');
  }

  #sayLast(): void {
    if (this.#state !== 'open' && this.#state !== 'closing') return;
    this.#state = 'last';
    this.#connection.goaway(true);
    if (this.#connection.size === 0) this.#connection.end();
  }

  /** What was written goes out; then the client has a moment to read it: what it still sends would else wipe it out. */
  #end(): void {
    if (this.#state !== 'failed') this.#state = 'ended';
    this.#socket.end();
    this.#dueIn(leaveMs);
  }

  #destroy(): undefined {
    this.#socket.destroy();
  }

  #dueIn(ms: number): void {
    const { clock, deadlines } = this.#context.plane;
    deadlines.set(this, clock.now() + ms);
  }

  #stopEarly(nowMs: number): void {
    for (const [stream, stopAt] of this.#early) {
      if (this.#state === 'open' && nowMs < stopAt) return;
      stream.reset(errorCodes.noError);
    }
  }

  #nextDue(nowMs: number): number {
    const { unacknowledgedSince, size } = this.#connection;
    const isIdle = size === 0 && this.#state === 'open';
    const next = (isIdle ? this.#idleSince : nowMs) + this.#context.limits.keepAliveMs;
    const [stopAt = Infinity] = this.#early.values();
    return Math.min(next, stopAt, (unacknowledgedSince ?? Infinity) + settingsMs);
  }

  /** Whether nothing has gone out since the last time this was asked, or nothing is left that could. */
  #isStill(): boolean {
    const { bytesWritten, writableLength } = this.#socket;
    const isStill = bytesWritten - writableLength === this.#bytesOut;
    this.#bytesOut = bytesWritten - writableLength;
    return isStill || writableLength === 0;
  }

  /** Gives up on answers that are complete, and which the client does not take. True if it takes nothing at all. */
  #dropStuck(): boolean {
    const isStill = this.#isStill() && this.#socket.writableLength > 0;
    const streams = [...this.#connection.streams];
    if (isStill && streams.every(({ isEnding }) => isEnding)) return true;
    for (const stream of streams) if (stream.isStuck()) stream.reset(errorCodes.cancel);
    return false;
  }

  /** The head with these fields; that of an earlier request, if it had the same: duties change heads, and then none is used again. */
  #headOf(fields: readonly string[]): RequestHead | undefined {
    const mayRemember = this.#context.plane.duties?.() === undefined;
    const known = mayRemember ? this.#heads.recall(fields) : undefined;
    if (known) return known;
    const head = readStreamHead(fields);
    if (!head || !mayRemember || head.fault) return head;
    head.requests = [];
    return this.#heads.remember(fields, head);
  }
}
