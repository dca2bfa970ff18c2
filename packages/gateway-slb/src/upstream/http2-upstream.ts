import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  connect,
  constants,
} from 'node:http2';
import { STATUS_CODES } from 'node:http';
import type { Address } from '@ebb/activator';
import type { BodySink, RequestBody } from '../http/downstream.ts';
import { readResponseHead } from '../http/response-head.ts';
import { passableTrailers } from '../http1/fields.ts';
import {
  type Call,
  type CallSink,
  type FailureKind,
  type Upstream,
  type UpstreamRequest,
  connectTimeoutMs,
} from './call.ts';

/** Time a session without streams is kept. */
const idleMs = 4000;

/** HTTP/2 over cleartext, spoken at once: for revisions whose port is named `h2c`. One session an instance. */
export class Http2Upstream implements Upstream {
  readonly #sessions = new Map<Address, ClientHttp2Session>();

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    return new Http2Call(this.#session(address), request, sink);
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions.values()) session.destroy();
  }

  #session(address: Address): ClientHttp2Session {
    const known = this.#sessions.get(address);
    if (known && !known.closed && !known.destroyed) return known;
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    const session = connect(`http://${host}:${address.port}`);
    this.#sessions.set(address, session);
    const forget = (): void => {
      if (this.#sessions.get(address) === session) this.#sessions.delete(address);
    };
    session.setTimeout(connectTimeoutMs, () => {
      if (session.connecting) session.destroy(new Error('no connection in time'));
    });
    session.once('connect', () => session.setTimeout(idleMs, () => this.#closeIfIdle(session)));
    session.on('error', forget); // each stream hears of it too
    session.once('goaway', forget);
    session.once('close', forget);
    return session;
  }

  #closeIfIdle(session: ClientHttp2Session): void {
    // A session with silent streams times out as well.
    if (openStreams.get(session)) return;
    session.close();
  }
}

const openStreams = new WeakMap<ClientHttp2Session, number>();

class Http2Call implements Call, BodySink {
  readonly #session: ClientHttp2Session;
  readonly #sink: CallSink;
  readonly #body: RequestBody | undefined;
  readonly #stream: ClientHttp2Stream;
  #trailers: readonly string[] = [];
  #requestTrailers: readonly string[] = [];
  #answered = false;
  #over = false;

  constructor(session: ClientHttp2Session, request: UpstreamRequest, sink: CallSink) {
    this.#session = session;
    this.#sink = sink;
    this.#body = request.body;
    this.#stream = session.request(pseudo(request), {
      endStream: !request.body,
      waitForTrailers: Boolean(request.body),
    });
    openStreams.set(session, (openStreams.get(session) ?? 0) + 1);
    this.#listen(this.#stream);
    if (!request.body) return;
    // What has been read cannot be sent to another instance, if this one cannot be reached.
    if (session.connecting) session.once('connect', this.#pump);
    else this.#pump();
  }

  resume(): void {
    this.#stream.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('headers', (headers) => {
      if (!this.#over) this.#sink.information(readResponseHead(Number(headers[':status']), '', flat(headers)));
    });
    stream.once('response', (headers) => this.#receive(headers));
    stream.on('trailers', (headers) => {
      this.#trailers = flat(headers);
    });
    stream.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      if (!this.#sink.data(chunk)) stream.pause();
      this.#sink.flush();
    });
    stream.once('end', () => {
      if (this.#over || !this.#answered || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
      this.#finish();
      this.#sink.end(this.#trailers);
    });
    stream.on('error', (error) => this.#fail(error));
    stream.once('close', () => this.#fail(new Error(`the stream was closed with code ${stream.rstCode}`)));
  }

  #receive(headers: IncomingHttpHeaders & { ':status'?: number | undefined }): void {
    if (this.#over) return;
    this.#answered = true;
    const status = Number(headers[':status'] ?? 502);
    this.#sink.head(readResponseHead(status, STATUS_CODES[status] ?? '', flat(headers)));
    this.#sink.flush();
  }

  #fail(error: Error): void {
    if (this.#over) return;
    const kind = this.#kind();
    this.#finish();
    this.#stream.destroy();
    this.#sink.failed(kind, error);
  }

  #kind(): FailureKind {
    if (this.#session.connecting) return 'connect';
    // The instance says that it has not looked at the request.
    const untouched = this.#stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || this.#stream.pending;
    if (untouched && !this.#answered) return 'stale';
    return 'reset';
  }

  chunk(bytes: Buffer): boolean {
    return this.#over || this.#stream.write(bytes);
  }

  ended(trailers: readonly string[]): void {
    this.#requestTrailers = passableTrailers(trailers);
    if (!this.#over) this.#stream.end();
  }

  readonly #pump = (): void => {
    const body = this.#body;
    if (!body || this.#over) return;
    this.#stream.on('drain', () => body.resume());
    this.#stream.once('wantTrailers', () => this.#stream.sendTrailers(asObject(this.#requestTrailers)));
    body.flow(this);
  };

  #finish(): void {
    this.#over = true;
    openStreams.set(this.#session, (openStreams.get(this.#session) ?? 1) - 1);
    this.#session.off('connect', this.#pump);
  }
}

function pseudo({ method, path, headers, contentLength }: UpstreamRequest): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = { ':method': method, ':path': path, ':scheme': 'http' };
  Object.assign(result, asObject(headers.list()));
  if (contentLength !== undefined) result['content-length'] = String(contentLength);
  return result;
}

/** Name, value, name, value… as Node wants them, `Host` as the pseudo-header it is. */
function asObject(list: readonly string[]): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {};
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    const key = name === 'host' ? ':authority' : name;
    const before = result[key];
    if (before === undefined) result[key] = value;
    else if (name === 'cookie') result[key] = `${String(before)}; ${value}`;
    else result[key] = [...(Array.isArray(before) ? before : [String(before)]), value];
  }
  return result;
}

/** Raw headers from Node's object, without the pseudo-headers. */
function flat(headers: IncomingHttpHeaders): string[] {
  const raw: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) raw.push(name, one);
  }
  return raw;
}
