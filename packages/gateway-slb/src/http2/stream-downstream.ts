import type { Downstream, DownstreamOwner, ResponseHead } from '../http/downstream.ts';
import { withoutHeaders } from '../http/header-block.ts';
import type { OwnAnswer } from '../http/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import { bodiless } from '../http/status.ts';
import { addFields, areSoundTrailers, trailerFields } from './fields.ts';
import type { StreamBody } from './stream-body.ts';
import type { Stream, StreamOwner } from './stream.ts';
import { StreamError, errorCodes } from './wire.ts';

/** gRPC's code for a call whose time is over. */
const deadlineExceeded = ['grpc-status', '4', 'grpc-message', 'request timeout'];
const none: readonly string[] = [];
/** What 1xx and 204 may not have (RFC 9110, section 8.6), and clients of HTTP/2 take amiss. */
const lengthNames: ReadonlySet<string> = new Set(['content-length']);

/** The client's side of one request over HTTP/2: one stream. */
export class StreamDownstream implements Downstream, StreamOwner {
  readonly body: StreamBody | undefined;
  begun = false;
  owner: DownstreamOwner | undefined;
  readonly #stream: Stream;
  readonly #isHead: boolean;
  /** The time, as a header has it. */
  readonly #date: () => string;
  #isGrpc = false;
  #isSized = false;
  #isBodiless = false;
  #isOver = false;

  constructor(stream: Stream, { method, contentLength }: RequestHead, date: () => string) {
    this.#stream = stream;
    this.#isHead = method === 'HEAD';
    this.#date = date;
    if (stream.isReceived) return;
    this.body = stream.body;
    this.body.length = contentLength;
  }

  information({ status, headers }: ResponseHead): void {
    // 101 has no meaning here (RFC 9113, section 8.6), and nothing comes before its turn.
    if (this.begun || status === 101) return;
    this.#stream.sendFields(addFields([':status', String(status)], withoutHeaders(headers.list(), lengthNames)));
  }

  head(response: ResponseHead, own: readonly string[]): void {
    const { status, contentLength, dated } = response;
    let fields = (response.fields ??= headFields(response));
    this.#isGrpc = isGrpc(fields);
    if (own.length > 0) fields = addFields([...fields], own);
    if (!dated) fields = [...fields, 'date', this.#date()];
    this.begun = true;
    this.#isSized = contentLength !== undefined;
    this.#isBodiless = this.#isHead || bodiless.has(status);
    this.#stream.sendFields(fields);
  }

  data(chunk: Buffer): boolean {
    return this.#isBodiless || this.#stream.send(chunk);
  }

  /** All that comes in one turn of the event loop goes out at its end. */
  flush(): void {}

  end(trailers: readonly string[]): void {
    this.#isOver = true;
    this.#stream.end(this.#isBodiless ? none : trailerFields(trailers));
    this.#stopBody();
  }

  cut(timedOut: boolean): void {
    if (timedOut && this.#isGrpc) return this.end(deadlineExceeded);
    if (timedOut && !this.#isSized) return this.end(none);
    this.#isOver = true;
    this.#stream.cut(errorCodes.internalError);
    this.#stopBody();
  }

  answer({ status, headers, text }: OwnAnswer): void {
    if (this.begun) return;
    this.begun = this.#isOver = true;
    const body = Buffer.from(text);
    const fields = addFields([':status', String(status), 'content-length', String(body.length)], headers);
    fields.push('date', this.#date());
    this.#stream.sendFields(fields);
    if (!this.#isHead) this.#stream.send(body);
    this.#stream.end(none);
    this.#stopBody();
  }

  fields(list: readonly string[], endStream: boolean): readonly string[] {
    if (endStream && areSoundTrailers(list)) return list;
    throw new StreamError(this.#stream.id, errorCodes.protocolError, 'trailers that are none');
  }

  drained(): void {
    this.owner?.drained();
  }

  broken(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.owner?.clientGone();
  }

  /** Nobody wants the rest. */
  #stopBody(): void {
    if (this.body && !this.body.complete) this.body.discard();
  }
}

function headFields({ status, headers }: ResponseHead): string[] {
  const list = status === 204 ? withoutHeaders(headers.list(), lengthNames) : headers.list();
  return addFields([':status', String(status)], list);
}

function isGrpc(fields: readonly string[]): boolean {
  const at = fields.indexOf('content-type');
  return at % 2 === 0 && fields[at + 1]?.startsWith('application/grpc') === true;
}
