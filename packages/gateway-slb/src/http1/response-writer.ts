import { STATUS_CODES } from 'node:http';
import type { Downstream, DownstreamOwner, RequestBody, ResponseHead } from '../http/downstream.ts';
import { linesOf } from '../http/header-block.ts';
import type { OwnAnswer } from '../http/refusal.ts';
import { bodiless } from '../http/status.ts';
import { passableTrailers } from './fields.ts';

/** What a response needs of the connection it is written to. */
export interface ResponseChannel {
  /** It will not be used for another request. */
  readonly mustClose: boolean;
  /** A line with the time, for responses that have none. */
  dateLine(): string;
  write(text: string): boolean;
  /** Bytes between two texts, in one go. */
  writeBytes(before: string, bytes: Buffer, after: string): boolean;
  /** The response is complete. */
  done(close: boolean): void;
  /** The response is cut: what was written goes out, and no more. */
  cut(): void;
}

/** What a response must know of its request. */
export interface ResponseTo {
  readonly method: string;
  /** 0 or 1, of HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: number;
}

/** Up to this, copying bytes into a text costs less than another write. */
const smallBytes = 8192;

/** Writes a response in HTTP/1.1, as it comes; what comes together goes out in one write. */
export class ResponseWriter implements Downstream {
  owner: DownstreamOwner | undefined;
  readonly body: RequestBody | undefined;
  begun = false;
  readonly #channel: ResponseChannel;
  readonly #to: ResponseTo;
  #framing: 'none' | 'sized' | 'chunked' | 'untilClose' = 'none';
  #close = false;
  #out = '';
  #over = false;

  constructor(channel: ResponseChannel, to: ResponseTo, body: RequestBody | undefined) {
    this.#channel = channel;
    this.#to = to;
    this.body = body;
  }

  information(response: ResponseHead): void {
    if (this.begun || this.#to.minorVersion === 0) return;
    this.#channel.write(`${linesOfResponse(response)}\r\n`);
  }

  head(response: ResponseHead, own: readonly string[]): void {
    const { status, contentLength, dated } = response;
    let text = linesOfResponse(response);
    if (own.length > 0) text += linesOf(own);
    if (!dated) text += this.#channel.dateLine();
    this.#framing = this.#framingOf(status, contentLength !== undefined);
    if (this.#framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
    this.#close = this.#framing === 'untilClose' || this.#channel.mustClose;
    this.#out = `${text}${this.#connectionLine()}\r\n`;
    this.begun = true;
  }

  data(chunk: Buffer): boolean {
    if (this.#framing === 'none' || this.#over) return true;
    const isChunked = this.#framing === 'chunked';
    if (isChunked) this.#out += `${chunk.length.toString(16)}\r\n`;
    if (chunk.length + this.#out.length <= smallBytes) {
      this.#out += chunk.toString('latin1');
      if (isChunked) this.#out += '\r\n';
      return true;
    }
    const before = this.#out;
    this.#out = '';
    return this.#channel.writeBytes(before, Buffer.from(chunk), isChunked ? '\r\n' : '');
  }

  flush(): boolean {
    if (this.#out === '') return true;
    const out = this.#out;
    this.#out = '';
    return this.#channel.write(out);
  }

  end(trailers: readonly string[]): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#framing === 'chunked') this.#out += `0\r\n${linesOf(passableTrailers(trailers))}\r\n`;
    this.flush();
    this.#channel.done(this.#close);
  }

  cut(timedOut: boolean): void {
    if (this.#over) return;
    if (timedOut && this.#framing === 'chunked') return this.end([]);
    this.#over = true;
    this.flush();
    this.#channel.cut();
  }

  answer({ status, headers, text }: OwnAnswer): void {
    if (this.begun || this.#over) return;
    this.begun = this.#over = true;
    this.#close = this.#channel.mustClose;
    const bytes = Buffer.from(text);
    const lines = `${linesOf(headers)}Content-Length: ${bytes.length}\r\n${this.#channel.dateLine()}${this.#connectionLine()}`;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n`;
    this.#channel.write(this.#to.method === 'HEAD' ? head : head + bytes.toString('latin1'));
    this.#channel.done(this.#close);
  }

  #framingOf(status: number, isSized: boolean): 'none' | 'sized' | 'chunked' | 'untilClose' {
    if (this.#to.method === 'HEAD' || bodiless.has(status)) return 'none';
    if (isSized) return 'sized';
    return this.#to.minorVersion === 1 ? 'chunked' : 'untilClose';
  }

  #connectionLine(): string {
    if (this.#close) return 'Connection: close\r\n';
    return this.#to.minorVersion === 0 ? 'Connection: keep-alive\r\n' : '';
  }
}

/** The status line and the headers. Throws if they cannot be put into HTTP/1.1. */
function linesOfResponse(response: ResponseHead): string {
  const { status, statusText, headers } = response;
  return (response.lines ??= `HTTP/1.1 ${status} ${statusText}\r\n${headers.text()}`);
}
