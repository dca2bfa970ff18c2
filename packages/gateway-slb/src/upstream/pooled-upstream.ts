import type { Address } from '@ebb/activator';
import { Client, type Dispatcher, buildConnector, errors } from 'undici';
import {
  type Call,
  type CallSink,
  type FailureKind,
  type Upstream,
  type UpstreamRequest,
  connectTimeoutMs,
  maxHeaderBytes,
} from './call.ts';
import { bodiless } from '../http/response-head.ts';
import { RequestBody } from './request-body.ts';

/** Instances close idle connections after five seconds or more (Node's default); we are the first to do so. */
const keepAliveMs = 4000;

/**
 * A request that cannot be repeated is not sent on a connection that has been idle for longer; nor on any that has been used, once
 * the instance has closed one sooner than that.
 */
const freshMs = 1000;

const options: Client.Options = {
  pipelining: 1,
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: keepAliveMs,
  keepAliveTimeoutThreshold: 1000,
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: maxHeaderBytes,
};

/** Says nothing about the instance: we have no more sockets or ports. */
const ownFaults: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS']);

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** One kept connection: undici's client, which never has more than one request of ours. */
interface Connection {
  readonly client: Client;
  /** Responses that came on the present socket. */
  served: number;
  busy: boolean;
  idleSince: number;
}

/** How a call leaves its connection. Stale: the instance had closed it before. */
type LeftAs = 'reusable' | 'spent' | 'stale';

/**
 * HTTP/1.1 over undici, the way of nearly all requests. It keeps connections itself, one client each, so that it knows which
 * of them has been used before: only on such may a request fail for no fault of the instance.
 */
export class PooledUpstream implements Upstream {
  readonly #idle = new WeakMap<Address, Connection[]>();
  readonly #all = new Set<Connection>();
  /** Instances that close connections soon. */
  readonly #impatient = new WeakSet<Address>();
  readonly #connector = buildConnector({ timeout: connectTimeoutMs });
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    const connection = this.#take(address, repeatable.has(request.method) && !request.body);
    const call = new PooledCall(connection, sink, (state) => this.#giveBack(address, connection, state));
    connection.client.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: framed(request),
        body: request.body ? new RequestBody(request.body) : null,
      },
      call,
    );
    return call;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) this.#drop(connection);
  }

  #take(address: Address, repeatableRequest: boolean): Connection {
    const idle = this.#idle.get(address);
    const last = idle?.at(-1);
    if (idle && last && (repeatableRequest || (this.#isFresh(last) && !this.#impatient.has(address)))) {
      idle.pop();
      last.busy = true;
      return last;
    }
    return this.#open(address);
  }

  #open(address: Address): Connection {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const client = new Client(`http://${host}:${address.port}`, { ...options, connect: this.#connector });
    const connection: Connection = { client, served: 0, busy: true, idleSince: 0 };
    this.#all.add(connection);
    client.on('connect', () => {
      connection.served = 0;
    });
    client.on('disconnect', () => {
      if (connection.busy || !this.#all.has(connection)) return;
      this.#noteClosed(address, connection);
      const idle = this.#idle.get(address);
      const index = idle?.indexOf(connection) ?? -1;
      if (index !== -1) idle?.splice(index, 1);
      this.#drop(connection);
    });
    return connection;
  }

  #isFresh({ idleSince }: Connection): boolean {
    return this.#now() - idleSince < freshMs;
  }

  #noteClosed(address: Address, connection: Connection): void {
    if (connection.served > 0 && this.#isFresh(connection)) this.#impatient.add(address);
  }

  #giveBack(address: Address, connection: Connection, state: LeftAs): void {
    connection.busy = false;
    if (state === 'stale') this.#noteClosed(address, connection);
    if (state !== 'reusable') return this.#drop(connection);
    connection.served++;
    connection.idleSince = this.#now();
    const idle = this.#idle.get(address);
    if (idle) idle.push(connection);
    else this.#idle.set(address, [connection]);
  }

  #drop(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    connection.client.destroy().catch(() => {}); // it has no request left to fail
  }
}

function framed({ headers, body, contentLength }: UpstreamRequest): string[] {
  const announced = contentLength !== undefined && (body || contentLength === '0');
  return announced ? [...headers, 'Content-Length', contentLength] : headers;
}

/** Undici's raw handler: header bytes as they came, and no objects made of them. */
class PooledCall implements Dispatcher.DispatchHandler, Call {
  readonly #connection: Connection;
  readonly #sink: CallSink;
  readonly #giveBack: (state: LeftAs) => void;
  readonly #reused: boolean;
  #abort: (() => void) | undefined;
  #resume: (() => void) | undefined;
  #sent = false;
  #answered = false;
  #bodiless = false;
  #over = false;

  constructor(connection: Connection, sink: CallSink, giveBack: (state: LeftAs) => void) {
    this.#connection = connection;
    this.#sink = sink;
    this.#giveBack = giveBack;
    this.#reused = connection.served > 0;
  }

  onConnect(abort: () => void): void {
    if (this.#over) return abort();
    this.#abort = abort;
    this.#sent = true;
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void, statusText: string): boolean {
    if (this.#over) return true;
    this.#answered = true;
    if (status < 200) {
      this.#sink.information(status, statusText, rawHeaders);
    } else {
      this.#resume = resume;
      this.#bodiless = bodiless.has(status);
      this.#sink.head(status, statusText, rawHeaders);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#over || this.#sink.data(chunk);
  }

  onComplete(trailers: readonly (string | Buffer)[] | null): void {
    if (this.#over) return;
    this.#finish('reusable');
    this.#sink.end(trailers ?? []);
  }

  onError(error: Error): void {
    if (this.#over) return;
    // Undici misses the body whose length a 304 tells, though it has none.
    const isComplete = this.#bodiless && error instanceof errors.ResponseContentLengthMismatchError;
    const kind = this.#kindOf(error);
    this.#finish(kind === 'stale' ? 'stale' : 'spent');
    if (isComplete) this.#sink.end([]);
    else this.#sink.failed(kind, error);
  }

  resume(): void {
    if (!this.#over) this.#resume?.();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#abort?.();
    this.#giveBack('spent');
  }

  #finish(state: LeftAs): void {
    this.#over = true;
    this.#giveBack(state);
  }

  #kindOf(error: Error): FailureKind {
    const code = 'code' in error ? error.code : undefined;
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return 'invalid';
    if (typeof code === 'string' && ownFaults.has(code)) return 'reset';
    if (!this.#sent) return 'connect';
    if (error instanceof errors.HTTPParserError) return 'invalid'; // its code is not always set
    // `served` goes back to zero when the client has connected anew by itself.
    return this.#reused && this.#connection.served > 0 && !this.#answered ? 'stale' : 'reset';
  }
}
