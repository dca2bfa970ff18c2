import { type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders, constants } from 'node:http2';
import { STATUS_CODES } from 'node:http';
import type { BodySink } from '../http/downstream.ts';
import { readResponseHead } from '../http/response-head.ts';
import { addFields, ordinaryFields, trailerFields } from './node-fields.ts';
import type { Call, CallSink, FailureKind, UpstreamRequest } from './call.ts';
import type { InstanceSession } from './instance-session.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_FLAG_END_STREAM } = constants;

/** One request to an instance over HTTP/2: one stream. */
export class Http2Call implements Call, BodySink {
  readonly #session: InstanceSession;
  readonly #sink: CallSink;
  readonly #request: UpstreamRequest;
  readonly #stream: ClientHttp2Stream;
  #trailers: readonly string[] = [];
  /** Of the request. */
  #ownTrailers: readonly string[] = [];
  #answered = false;
  #over = false;

  constructor(session: InstanceSession, request: UpstreamRequest, sink: CallSink) {
    this.#session = session;
    this.#sink = sink;
    this.#request = request;
    const { body } = request;
    this.#stream = session.request(fieldsOf(request), { endStream: !body, waitForTrailers: body !== undefined });
    this.#listen(this.#stream);
    // Not earlier: what has been read cannot be sent to another instance, if this one cannot be reached.
    if (body) session.whenConnected(() => this.#over || body.flow(this));
  }

  chunk(bytes: Buffer): boolean {
    return this.#over || this.#stream.write(bytes);
  }

  ended(trailers: readonly string[]): void {
    this.#ownTrailers = trailers;
    if (!this.#over) this.#stream.end();
  }

  resume(): void {
    this.#stream.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#stream.close(NGHTTP2_CANCEL);
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('headers', (headers, _flags, raw?: string[]) => this.#inform(headers, raw ?? []));
    stream.once('response', (headers, flags, raw?: string[]) => this.#receive(headers, flags, raw ?? []));
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      this.#trailers = ordinaryFields(raw ?? []);
    });
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('drain', () => this.#request.body?.resume());
    stream.once('wantTrailers', () => stream.sendTrailers(trailerFields(this.#ownTrailers)));
    stream.once('end', () => this.#end());
    stream.on('error', (error) => this.#fail(error));
    stream.once('close', () => this.#fail(new Error(`the stream was closed with code ${stream.rstCode}`)));
  }

  #inform(headers: Statuses, raw: readonly string[]): void {
    const status = Number(headers[':status']);
    if (!this.#over) this.#sink.information(readResponseHead(status, STATUS_CODES[status] ?? '', ordinaryFields(raw)));
  }

  #receive(headers: Statuses, flags: number, raw: readonly string[]): void {
    if (this.#over) return;
    this.#answered = true;
    const status = Number(headers[':status']);
    this.#sink.head(readResponseHead(status, STATUS_CODES[status] ?? '', ordinaryFields(raw)));
    // Said at once, as with gRPC a head that ends the response means something else than one that does not.
    if ((flags & NGHTTP2_FLAG_END_STREAM) !== 0) this.#end();
    else process.nextTick(flush, this);
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    if (!this.#sink.data(chunk)) this.#stream.pause();
    this.#sink.flush();
  }

  flush(): void {
    if (!this.#over) this.#sink.flush();
  }

  #end(): void {
    if (this.#over || !this.#answered || this.#stream.rstCode !== NGHTTP2_NO_ERROR) return;
    this.#finish();
    this.#sink.end(this.#trailers);
    // The instance wants no more of the body.
    if (!this.#stream.writableEnded) this.#stream.close(NGHTTP2_CANCEL);
  }

  #fail(error: Error): void {
    if (this.#over) return;
    const kind = this.#kindOf(error);
    this.#finish();
    this.#stream.destroy();
    this.#sink.failed(kind, error);
  }

  #kindOf(error: Error): FailureKind {
    if (!this.#session.isConnected) return 'connect';
    // The instance says that it has not looked at the request, or was not sent it.
    const untouched = this.#stream.rstCode === NGHTTP2_REFUSED_STREAM || this.#stream.pending;
    if (untouched && !this.#answered) return 'refused';
    return 'code' in error && error.code === 'ERR_HTTP2_ERROR' ? 'invalid' : 'reset';
  }

  /** What is left of the body is read and thrown away. */
  #finish(): void {
    this.#over = true;
    const { body } = this.#request;
    if (body && !body.complete) body.discard();
  }
}

type Statuses = IncomingHttpHeaders & { ':status'?: number | undefined };

function flush(call: Http2Call): void {
  call.flush();
}

function fieldsOf({ method, path, headers, contentLength }: UpstreamRequest): OutgoingHttpHeaders {
  const [, host = '', ...rest] = headers.list();
  const fields: OutgoingHttpHeaders = { ':method': method, ':path': path, ':scheme': 'http', ':authority': host };
  addFields(fields, rest);
  const te = rest.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'te');
  if (te !== -1) fields.te = 'trailers';
  if (contentLength !== undefined) fields['content-length'] = contentLength;
  return fields;
}
