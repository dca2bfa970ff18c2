import { type OutgoingHttpHeaders, type ServerHttp2Stream, constants } from 'node:http2';
import type { Downstream, DownstreamOwner, ResponseHead } from '../http/downstream.ts';
import type { OwnAnswer } from '../http/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import { bodiless } from '../http/status.ts';
import { addFields, trailerFields } from './fields.ts';
import { StreamBody } from './stream-body.ts';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** gRPC's code for a call whose time is over. */
const deadlineExceeded = ['grpc-status', '4', 'grpc-message', 'request timeout'];

const isGrpc = (fields: OutgoingHttpHeaders): boolean => String(fields['content-type']).startsWith('application/grpc');

/** The client's side of one request over HTTP/2: one stream. */
export class StreamDownstream implements Downstream {
  readonly body: StreamBody | undefined;
  begun = false;
  /** The gateway itself has cut the response. */
  wasCut = false;
  owner: DownstreamOwner | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #head: boolean;
  /** A head that was given and has not gone out: it may end the stream, or go with the first bytes. */
  #pending: OutgoingHttpHeaders | undefined;
  #isGrpc = false;
  #sized = false;
  #bodiless = false;
  #ended = false;
  #trailers: readonly string[] = [];

  constructor(stream: ServerHttp2Stream, { method, contentLength }: RequestHead) {
    this.#stream = stream;
    this.#head = method === 'HEAD';
    if (!stream.endAfterHeaders) this.body = new StreamBody(stream, contentLength);
    stream.on('error', () => {}); // `close` follows
    stream.on('drain', () => this.owner?.drained());
    stream.once('close', () => {
      if (this.owner && !this.#ended) this.owner.clientGone();
    });
  }

  /** All that is to be said was said. */
  get over(): boolean {
    return this.#ended;
  }

  information({ status, headers }: ResponseHead): void {
    // 101 has no meaning here (RFC 9113, section 8.6), and nothing comes before its turn.
    if (this.begun || status === 101 || this.#stream.destroyed) return;
    const fields: OutgoingHttpHeaders = { ':status': status };
    addFields(fields, headers.list());
    this.#stream.additionalHeaders(fields);
  }

  head(response: ResponseHead, own: readonly string[]): void {
    const { status, contentLength } = response;
    const fields = own.length === 0 ? (response.fields ??= fieldsOf(response, own)) : fieldsOf(response, own);
    this.begun = true;
    this.#isGrpc = isGrpc(fields);
    this.#sized = contentLength !== undefined;
    this.#bodiless = this.#head || bodiless.has(status);
    this.#pending = fields;
    process.nextTick(flush, this);
  }

  data(chunk: Buffer): boolean {
    if (this.#bodiless || this.#stream.destroyed) return true;
    this.flush();
    return this.#stream.write(Buffer.from(chunk)); // the bytes are lent
  }

  flush(): void {
    if (this.#pending) this.#respond(this.#pending, this.#bodiless);
  }

  end(trailers: readonly string[]): void {
    this.#ended = true;
    this.#trailers = trailers;
    if (this.#pending) this.#respond(this.#pending, this.#bodiless || trailers.length === 0);
    this.#finish();
  }

  cut(timedOut: boolean): void {
    if (timedOut && this.#isGrpc) return this.end(deadlineExceeded);
    if (timedOut && !this.#sized) return this.end([]);
    this.flush();
    this.#ended = this.wasCut = true;
    this.#close(NGHTTP2_INTERNAL_ERROR);
  }

  answer({ status, headers, text }: OwnAnswer): void {
    if (this.begun || this.#stream.destroyed) return;
    const fields: OutgoingHttpHeaders = { ':status': status, 'content-length': Buffer.byteLength(text) };
    addFields(fields, headers);
    this.begun = this.#ended = this.#sized = true;
    this.#respond(fields, text === '' || this.#head);
    if (text !== '' && !this.#head) this.#stream.write(text);
    this.#finish();
  }

  #respond(fields: OutgoingHttpHeaders, endStream: boolean): void {
    this.#pending = undefined;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    // What has a length has no trailers, unless it is gRPC; but this also tells when all has gone out.
    const waitForTrailers = !endStream && (!this.#sized || this.#isGrpc || this.#isStillComing);
    try {
      stream.respond(fields, { endStream, waitForTrailers });
    } catch {
      // What HTTP/2 does not allow in other ways than the ones looked for.
      this.#ended = this.wasCut = true;
      return this.#close(NGHTTP2_INTERNAL_ERROR);
    }
    if (endStream && this.#ended) return this.#stopBody();
    if (!waitForTrailers) return;
    stream.once('wantTrailers', () => {
      stream.sendTrailers(trailerFields(this.#trailers));
      // Once they have gone out: nghttp2 sends nothing more on a stream that is about to be reset.
      if (this.#isStillComing) setImmediate(() => this.#stopBody());
    });
  }

  get #isStillComing(): boolean {
    return this.body !== undefined && !this.body.complete;
  }

  #finish(): void {
    if (this.#stream.destroyed) return;
    if (!this.#stream.writableEnded) this.#stream.end();
    if (this.#isStillComing) this.body?.discard();
  }

  /** The client has its answer, and need not send the rest of what it sends (RFC 9113, section 8.1). */
  #stopBody(): void {
    if (this.#isStillComing && !this.#stream.closed) this.#stream.close(NGHTTP2_NO_ERROR);
  }

  #close(code: number): void {
    if (!this.#stream.destroyed) this.#stream.close(this.#stream.aborted ? NGHTTP2_CANCEL : code);
  }
}

function flush(downstream: StreamDownstream): void {
  downstream.flush();
}

/** A response's head for Node to send, which copies it. Throws if it cannot be put into HTTP/2. */
function fieldsOf({ status, headers }: ResponseHead, own: readonly string[]): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = { ':status': status };
  addFields(fields, headers.list());
  addFields(fields, own);
  return fields;
}
