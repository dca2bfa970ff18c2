import type { Socket } from 'node:net';
import type { Peer } from '../http/downstream.ts';
import type { Fault, RequestHead } from '../http/request-head.ts';
import { type Refusal, answerOf, refusals } from '../http/refusal.ts';
import { HeadMemory } from './head-memory.ts';
import { IncomingBody } from './incoming-body.ts';
import { type ParsedRequest, parseRequest } from './request-parser.ts';
import { type ResponseChannel, ResponseWriter } from './response-writer.ts';
import { writeAround } from './write-around.ts';

/** What a client's connection needs of its listener. */
export interface ServerContext {
  readonly headerBytes: number;
  /** The gateway closes: connections are not to be kept. */
  closing(): boolean;
  dateLine(): string;
  /** Heads are read and never changed: they may be used again. */
  mayRemember(): boolean;
  /** A request has come; its body follows. */
  handle(head: RequestHead, writer: ResponseWriter, peer: Peer): void;
  /** What came is no request, as far as its head was understood, and is answered as such. */
  refused(refusal: Refusal, peer: Peer, head?: RequestHead): void;
  /** A request asks for another protocol: the socket, and all that was read from it, are given away. */
  upgrade(connection: ServerConnection, bytes: Buffer): void;
}

/** How long a connection has been in its present state, in milliseconds, before it is given up. */
export interface Patience {
  readonly headersMs: number;
  readonly keepAliveMs: number;
}

/** Time a client has to read our last words, and to stop talking. */
const lingerMs = 2000;

/**
 * - `idle`: between requests. `head`: a part of one has come. `request`: one is under way.
 * - `discarding`: the response is complete, and the rest of the request's body is awaited.
 * - `lingering`: nothing more is said or listened to. `upgraded`: belongs to somebody else.
 */
type State = 'idle' | 'head' | 'request' | 'discarding' | 'lingering' | 'upgraded';

/** A head is looked for in so much at first, not to turn a whole body into text. */
const firstLook = 8192;
/** What a client may send ahead of its turn; then it is no longer read. */
const maxPending = 64 * 1024;

/** One client's connection that speaks HTTP/1.x: takes requests one after another, each when the one before is answered. */
export class ServerConnection implements ResponseChannel {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly #context: ServerContext;
  #state: State = 'idle';
  /** Milliseconds in the present state, as far as anybody has looked. */
  #age = 0;
  /** Bytes that have come and were not looked at, or make no whole head yet. */
  #pending: Buffer | undefined;
  /** Bytes of a head from which nothing was concluded. */
  #lookedAt = 0;
  readonly #lastHead = new HeadMemory<ParsedRequest>();
  #request: ParsedRequest | undefined;
  #body: IncomingBody | undefined;
  #writer: ResponseWriter | undefined;
  #paused = false;
  #reading = false;
  /** Nobody can tell where the next request begins. */
  #inDoubt = false;

  constructor(socket: Socket, peer: Peer, context: ServerContext) {
    this.socket = socket;
    this.peer = peer;
    this.#context = context;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain);
    socket.on('error', this.#onError).once('close', this.#onClose);
  }

  /** Nothing is under way, no request has begun to come, nor is anything written that has not gone out. */
  get isIdle(): boolean {
    return this.#state === 'idle' && this.socket.writableLength === 0;
  }

  get mustClose(): boolean {
    const request = this.#request;
    if (this.#inDoubt || !request || this.#context.closing()) return true;
    const { head, minorVersion } = request;
    if (head.fault || head.asksFor('close') || (minorVersion === 0 && !head.asksFor('keep-alive'))) return true;
    // A client that was not told to continue may send its body or its next request: nobody can tell which.
    return head.expectsContinue && this.#body?.hasCome === false;
  }

  dateLine(): string {
    return this.#context.dateLine();
  }

  write(text: string): boolean {
    return this.socket.write(text, 'latin1');
  }

  writeBytes(before: string, bytes: Buffer, after: string): boolean {
    return writeAround(this.socket, before, bytes, after);
  }

  /** Gives up on clients that take too long. To be called now and then. */
  grow(elapsedMs: number, { headersMs, keepAliveMs }: Patience): void {
    this.#age += elapsedMs;
    switch (this.#state) {
      case 'head':
        if (this.#age >= headersMs) this.#refuse(refusals.tooSlow);
        return;
      case 'idle':
      case 'discarding':
        this.#lastHead.forget();
        if (this.#age >= keepAliveMs) this.socket.destroy();
        return;
      case 'lingering':
        // Our last words may still be on their way to a client that takes its time.
        if (this.#age >= (this.socket.writableLength > 0 ? keepAliveMs : lingerMs)) this.socket.destroy();
        return;
      case 'request': // limited by its revision
      case 'upgraded':
    }
  }

  pauseReading(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  done(close: boolean): void {
    const body = this.#body;
    this.#writer = undefined;
    if (close) return this.#linger();
    if (body && !body.complete) {
      body.discard();
      if (!body.complete) return this.#enter('discarding');
    }
    this.#finish();
  }

  cut(): void {
    this.#writer = undefined;
    this.#enter('lingering');
    this.socket.destroySoon();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'lingering') return;
    const rest = this.#feedBody(chunk);
    if (!rest) return;
    this.#pending = this.#pending ? Buffer.concat([this.#pending, rest]) : rest;
    this.#read();
    if (this.#pending && this.#pending.length > Math.max(maxPending, this.#context.headerBytes)) this.pauseReading();
  };

  readonly #onEnd = (): void => {
    if (this.#state === 'request') this.socket.destroy();
    else if (this.#state === 'lingering') this.socket.destroySoon();
    else this.#linger();
  };

  readonly #onDrain = (): void => {
    // The last words have only now gone out.
    if (this.#state === 'lingering') this.#age = 0;
    this.#writer?.owner?.drained();
    this.#read();
  };

  readonly #onError = (): void => void this.socket.destroy();

  readonly #onClose = (): void => {
    const owner = this.#writer?.owner;
    this.#writer = undefined;
    owner?.clientGone();
  };

  /** Gives the body its part; what is left belongs to the next request. */
  #feedBody(chunk: Buffer): Buffer | undefined {
    const body = this.#body;
    if (!body || body.hasCome || this.#pending) return chunk;
    const used = body.take(chunk);
    if (body.isMalformed) {
      this.#breakOff();
      return undefined;
    }
    if (body.complete && this.#state === 'discarding') this.#finish();
    return used < chunk.length ? chunk.subarray(used) : undefined;
  }

  /** The body makes no sense: the exchange ends, and so does the connection. */
  #breakOff(): void {
    const writer = this.#writer;
    this.#inDoubt = true;
    if (!writer) return this.cut();
    if (writer.owner) return writer.owner.malformed();
    this.#context.refused(refusals.notHttp, this.peer, this.#request?.head);
    writer.answer(answerOf(refusals.notHttp));
  }

  /** Takes the requests that have come, as long as the answer to the one before has gone out. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#pending && (this.#state === 'idle' || this.#state === 'head') && !this.socket.writableNeedDrain) {
      if (!this.#takeHead(this.#pending)) break;
    }
    this.#reading = false;
  }

  /** False if there is no whole head, or nothing comes of it. */
  #takeHead(bytes: Buffer): boolean {
    const start = skipEmptyLines(bytes);
    if (start > 0) {
      this.#pending = start < bytes.length ? bytes.subarray(start) : undefined;
      return this.#pending !== undefined;
    }
    if (bytes.length === 1 && bytes[0] === 0x0d) return false;
    const isFirst = this.#state === 'idle';
    if (isFirst) this.#enter('head');
    const parsed = this.#parse(bytes, isFirst);
    const { headerBytes } = this.#context;
    if (parsed === 'incomplete') return bytes.length > headerBytes && this.#refuse(tooLarge(bytes, headerBytes));
    if ('status' in parsed) return this.#refuse({ ...parsed, reason: 'bad-request' });
    if (parsed.end > headerBytes) return this.#refuse(tooLarge(bytes, headerBytes));
    this.#lookedAt = 0;
    this.#begin(parsed, bytes);
    return true;
  }

  /** Looks at a head as a whole when it has come, and before that whenever it has doubled: it may trickle in. */
  #parse(bytes: Buffer, isFirst: boolean): ParsedRequest | Fault | 'incomplete' {
    const isWhole = isFirst || bytes.includes('\r\n\r\n', Math.max(0, this.#lookedAt - 3), 'latin1');
    if (!isWhole && bytes.length < 2 * this.#lookedAt) return 'incomplete';
    this.#lookedAt = bytes.length;
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, firstLook));
    const remembers = this.#context.mayRemember();
    const known = remembers ? this.#lastHead.recall(text) : undefined;
    if (known) return known;
    const parsed = parseRequest(text);
    if (remembers && typeof parsed !== 'string' && 'head' in parsed && !parsed.head.fault) {
      parsed.head.requests = [];
      return this.#lastHead.remember(text, parsed);
    }
    if (parsed !== 'incomplete' || bytes.length <= firstLook) return parsed;
    return parseRequest(bytes.toString('latin1', 0, Math.min(bytes.length, this.#context.headerBytes + 4)));
  }

  #begin(request: ParsedRequest, bytes: Buffer): void {
    const { head, minorVersion, end } = request;
    const hasBody = head.chunked || (head.contentLength !== undefined && head.contentLength > 0);
    if (!head.fault && !hasBody && minorVersion === 1 && asksForUpgrade(head)) {
      this.#pending = undefined;
      return this.#giveAway(bytes);
    }
    this.#request = request;
    this.#body = hasBody ? new IncomingBody(this, head.contentLength) : undefined;
    this.#enter('request');
    const writer = new ResponseWriter(this, { method: head.method, minorVersion }, this.#body);
    this.#writer = writer;
    this.#pending = undefined;
    const rest = end < bytes.length ? bytes.subarray(end) : undefined;
    this.#pending = rest && this.#feedBody(rest);
    // A body that makes no sense has been answered already.
    if (this.#state === 'request') this.#context.handle(head, writer, this.peer);
  }

  #giveAway(bytes: Buffer): void {
    const { socket } = this;
    this.#enter('upgraded');
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain);
    socket.off('error', this.#onError).off('close', this.#onClose);
    this.#context.upgrade(this, bytes);
  }

  /** Answers what is no request, and closes. */
  #refuse(refusal: Refusal): false {
    this.#inDoubt = true;
    this.#pending = undefined;
    this.#body = undefined;
    this.#context.refused(refusal, this.peer);
    new ResponseWriter(this, { method: '', minorVersion: 1 }, undefined).answer(answerOf(refusal));
    return false;
  }

  #finish(): void {
    this.#body = this.#request = undefined;
    this.#enter('idle');
    this.resumeReading();
    this.#read();
  }

  /** Says no more, and waits a little for the client to close: what it still sends would else wipe out what it has not read. */
  #linger(): void {
    this.#enter('lingering');
    this.#pending = this.#body = undefined;
    this.resumeReading();
    this.socket.end();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#age = 0;
  }
}

/**
 * HTTP/2 is offered, not demanded, and a request with a body cannot change protocol: those go on as HTTP/1.1. So does an offer of HTTP/2
 * among others: an instance that took it would hear requests that nobody has looked at. CONNECT changes protocol by itself.
 */
function asksForUpgrade(head: RequestHead): boolean {
  const { upgrade, method } = head;
  return upgrade !== undefined && method !== 'CONNECT' && !/\bh2c?\b|http\/2/i.test(upgrade) && head.asksFor('upgrade');
}

/** How many bytes of empty lines stand before a request (RFC 9112, section 2.2). */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return at;
}

/** What to say of a head over the limit: whether its first line alone is. */
function tooLarge(bytes: Buffer, limit: number): Refusal {
  return bytes.subarray(0, limit).includes('\r\n') ? refusals.headersTooLarge : refusals.targetTooLong;
}
