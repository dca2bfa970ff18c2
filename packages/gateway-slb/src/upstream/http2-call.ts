import type { BodySink, ResponseHead } from '../http/downstream.ts';
import { bodiless } from '../http/status.ts';
import { addFields, soundFields, trailerFields } from '../http2/fields.ts';
import type { BrokenBy, Stream, StreamOwner } from '../http2/stream.ts';
import { StreamError, errorCodes } from '../http2/wire.ts';
import type { Call, CallSink, FailureKind, UpstreamRequest } from './call.ts';
import type { InstanceSession } from './instance-session.ts';

/** More of them are no information. */
const maxInformation = 32;

const none: readonly string[] = [];

/** One request to an instance over HTTP/2: one stream. */
export class Http2Call implements Call, BodySink, StreamOwner {
  readonly #session: InstanceSession;
  readonly #sink: CallSink;
  readonly #request: UpstreamRequest;
  readonly #stream: Stream;
  /** The connection has carried a call before. */
  readonly #isReused: boolean;
  #informed = 0;
  #answered = false;
  #over = false;

  /** Throws at headers that HTTP/2 does not allow; then no session is asked for. */
  constructor(session: () => InstanceSession, request: UpstreamRequest, sink: CallSink) {
    const fields = (request.written.http2 ??= fieldsOf(request));
    this.#session = session();
    this.#sink = sink;
    this.#request = request;
    this.#isReused = this.#session.hasServed;
    this.#stream = this.#session.open(this);
    this.#stream.sendFields(fields);
    this.#stream.body.flow(new ResponseSink(this));
    const { body } = request;
    if (!body) this.#stream.end(none);
    // Not earlier: what has been read cannot be sent to another instance, if this one cannot be reached.
    else this.#session.whenConnected(() => this.#over || body.flow(this));
  }

  chunk(bytes: Buffer): boolean {
    return this.#over || this.#stream.send(bytes);
  }

  ended(trailers: readonly string[]): void {
    if (!this.#over) this.#stream.end(trailerFields(trailers));
  }

  drained(): void {
    this.#request.body?.resume();
  }

  resume(): void {
    this.#stream.body.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#stream.body.discard();
    this.#stream.reset(errorCodes.cancel);
  }

  fields(list: readonly string[], endStream: boolean): readonly string[] {
    if (this.#answered) return this.#trailersIn(list, endStream);
    const head = this.#session.headOf(list);
    if (!head || (head.status < 200 && endStream)) throw this.#malformed('a response that is none');
    if (head.status < 200) this.#inform(head);
    else this.#answer(head, endStream);
    return none;
  }

  broken(code: number, by: BrokenBy): void {
    if (this.#over) return;
    const kind = this.#kindOf(code, by);
    this.#finish();
    this.#sink.failed(kind, new Error(`the stream was broken by ${by}, code ${code}`));
  }

  /** For the session: all that has come was looked at. */
  flush(): void {
    if (!this.#over) this.#sink.flush();
  }

  #inform(head: ResponseHead): void {
    if (head.status === 101 || ++this.#informed > maxInformation) {
      throw this.#malformed(`unexpected status ${head.status}`);
    }
    this.#sink.information(head);
  }

  #answer(head: ResponseHead, endStream: boolean): void {
    const hasBody = this.#request.method !== 'HEAD' && !bodiless.has(head.status);
    const length = hasBody ? head.contentLength : 0;
    if (endStream && length !== undefined && length > 0) throw this.#malformed('less data than was announced');
    this.#answered = true;
    this.#stream.body.length = length;
    this.#sink.head(head);
    this.#session.flushSoon(this);
  }

  #trailersIn(list: readonly string[], endStream: boolean): readonly string[] {
    const trailers = endStream ? soundFields(list) : undefined;
    if (!trailers) throw this.#malformed('trailers that are none');
    return trailers;
  }

  /** Takes bytes of the response. May throw a StreamError. */
  take(bytes: Buffer): boolean {
    if (this.#over) return true;
    if (!this.#answered) throw this.#malformed('data before a response');
    const more = this.#sink.data(bytes);
    this.#session.flushSoon(this);
    return more;
  }

  /** The response has come whole. May throw a StreamError. */
  end(trailers: readonly string[]): void {
    if (this.#over) return;
    if (!this.#answered) throw this.#malformed('the end before a response');
    this.#finish();
    this.#sink.end(trailers);
    // The instance wants no more of the body.
    if (!this.#stream.isSent) this.#stream.reset(errorCodes.cancel);
  }

  #kindOf(code: number, by: BrokenBy): FailureKind {
    if (!this.#session.isConnected) return this.#session.hasOwnFault ? 'reset' : 'connect';
    if (by === 'rules') return 'invalid';
    if (this.#answered) return 'reset';
    // The instance says that it has not looked at the request.
    if (by === 'peer') return code === errorCodes.refusedStream ? 'refused' : 'reset';
    return this.#isReused ? 'stale' : 'reset';
  }

  #malformed(what: string): StreamError {
    return new StreamError(this.#stream.id, errorCodes.protocolError, what);
  }

  /** What is left of the body is somebody else's business: another instance's perhaps. */
  #finish(): void {
    this.#over = true;
    this.#request.body?.hold();
  }
}

/** Passes a response's body on: a call is itself the sink of the request's. */
class ResponseSink implements BodySink {
  readonly #call: Http2Call;

  constructor(call: Http2Call) {
    this.#call = call;
  }

  chunk(bytes: Buffer): boolean {
    return this.#call.take(bytes);
  }

  ended(trailers: readonly string[]): void {
    this.#call.end(trailers);
  }
}

function fieldsOf({ method, path, headers, contentLength }: UpstreamRequest): readonly string[] {
  const [, host = '', ...rest] = headers.list();
  const fields = addFields([':method', method, ':scheme', 'http', ':path', path, ':authority', host], rest);
  if (rest.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'te')) fields.push('te', 'trailers');
  if (contentLength !== undefined) fields.push('content-length', String(contentLength));
  return fields;
}
