import type { BodySink } from '../http/downstream.ts';
import { linesOf } from '../http/header-block.ts';
import type { UpstreamRequest } from '../upstream/call.ts';
import { passableTrailers } from './fields.ts';

/** What a request needs of the connection it is written to. */
export interface RequestChannel {
  /** False if the instance does not keep up. */
  write(text: string): boolean;
  /** Bytes between two texts, in one go. */
  writeBytes(before: string, bytes: Buffer, after: string): boolean;
}

/** Up to this, copying bytes into a text costs less than another write. */
const smallBytes = 4096;
/** Small pieces of a body that come together go out together, until they are so many bytes. */
const gatheredBytes = 16 * 1024;

/** Writes a request in HTTP/1.1, its body as it comes. */
export class RequestWriter implements BodySink {
  /** All of it was written. */
  isSent = false;
  readonly #channel: RequestChannel;
  readonly #request: UpstreamRequest;
  /** What is to be written together with what comes next. */
  #out: string;
  /** It is written once all that has come was looked at. */
  #isGathering = false;
  #isBehind = false;
  #isOver = false;
  readonly #failed: (error: Error) => void;

  /**
   * @param head See `headOf`.
   * @param failed Told that the trailers cannot be written.
   */
  constructor(channel: RequestChannel, head: string, request: UpstreamRequest, failed: (error: Error) => void) {
    this.#channel = channel;
    this.#out = head;
    this.#request = request;
    this.#failed = failed;
  }

  /** To be called once the connection is there: a body that has been read cannot be sent to another instance. */
  begin(): void {
    const { body } = this.#request;
    if (body) body.flow(this);
    else this.isSent = true;
    this.#flush();
  }

  chunk(bytes: Buffer): boolean {
    // A chunk of nothing would end the body.
    if (this.#isOver || bytes.length === 0) return true;
    const chunked = this.#request.contentLength === undefined;
    if (chunked) this.#out += `${bytes.length.toString(16)}\r\n`;
    if (bytes.length <= smallBytes) {
      this.#out += bytes.toString('latin1');
      if (chunked) this.#out += '\r\n';
      if (this.#out.length < gatheredBytes) this.#gather();
      else this.#flush();
    } else {
      const before = this.#out;
      this.#out = '';
      this.#isBehind = !this.#channel.writeBytes(before, bytes, chunked ? '\r\n' : '');
    }
    return !this.#isBehind;
  }

  ended(trailers: readonly string[]): void {
    if (this.#isOver) return;
    this.isSent = true;
    try {
      if (this.#request.contentLength === undefined) this.#out += `0\r\n${linesOf(passableTrailers(trailers))}\r\n`;
      this.#flush();
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The instance takes bytes again. */
  drained(): void {
    this.#isBehind = false;
    this.#request.body?.resume();
  }

  /** Nothing more is written. */
  stop(): void {
    this.#isOver = true;
  }

  /** For `process.nextTick`. */
  flushGathered(): void {
    this.#isGathering = false;
    this.#flush();
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    process.nextTick(flush, this);
  }

  #flush(): void {
    const out = this.#out;
    if (out === '' || this.#isOver) return;
    this.#out = '';
    this.#isBehind = !this.#channel.write(out);
  }
}

function flush(writer: RequestWriter): void {
  writer.flushGathered();
}

/** The head of a request as it is sent. Throws if it cannot be put into HTTP/1.1. */
export function headOf(request: UpstreamRequest): string {
  return (request.written.http1 ??= linesOfRequest(request));
}

function linesOfRequest({ method, path, headers, body, contentLength, expectsContinue }: UpstreamRequest): string {
  let text = `${method} ${path} HTTP/1.1\r\n${headers.text()}`;
  if (contentLength !== undefined) text += `Content-Length: ${contentLength}\r\n`;
  else if (body) text += 'Transfer-Encoding: chunked\r\n';
  return `${text}${expectsContinue ? 'Expect: 100-continue\r\n\r\n' : '\r\n'}`;
}
