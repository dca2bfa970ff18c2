import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodiless, readResponseHead, trailerPairs } from './response-head.ts';

/** Writes an instance's response to the client, as it comes, at the client's pace. */
export class ResponseWriter {
  /** The request had to wait for an instance. */
  coldStart = false;
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  readonly #http10: boolean;
  readonly #head: boolean;
  #sized = false;
  #bodyBegun = false;

  /** @param onDrain Called when the client has caught up after `data` returned false. */
  constructor(request: IncomingMessage, response: ServerResponse, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
    this.#http10 = request.httpVersionMinor === 0;
    this.#head = request.method === 'HEAD';
  }

  /** The head of the response was written: the status can no longer be changed. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  /** Headers the gateway adds to whatever response. */
  ownHeaders(close: boolean): string[] {
    const headers = this.coldStart ? ['ebb-cold-start', 'true'] : [];
    if (close) headers.push('Connection', 'close');
    return headers;
  }

  /**
   * Passes a 1xx response on, without any effect on what follows. Node has no call for it that takes all of them as they
   * are. One that comes before its turn on a pipelined connection is left out: it may be.
   */
  information(status: number, statusText: string, rawHeaders: readonly (string | Buffer)[]): void {
    const { socket } = this.#response;
    if (!socket || this.begun || this.#http10 || status === 101) return;
    const { headers } = readResponseHead(rawHeaders);
    let text = `HTTP/1.1 ${status} ${statusText}\r\n`;
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${text}\r\n`, 'latin1');
  }

  /** Throws if the head cannot be written as HTTP. */
  head(status: number, statusText: string, rawHeaders: readonly (string | Buffer)[], close: boolean): void {
    const { headers, sized } = readResponseHead(rawHeaders);
    this.#sized = sized;
    headers.push(...this.ownHeaders(close));
    this.#response.writeHead(status, statusText, headers);
    // Head and first bytes go out together if they came together; a head that came alone does not wait.
    if (!this.#head && !bodiless.has(status)) process.nextTick(flushUnlessBegun, this);
  }

  /** False if the client is behind. */
  data(chunk: Uint8Array): boolean {
    this.#bodyBegun = true;
    if (this.#response.write(chunk)) return true;
    this.#response.once('drain', this.#onDrain);
    return false;
  }

  end(rawTrailers: readonly (string | Buffer)[]): void {
    this.#bodyBegun = true;
    if (rawTrailers.length > 0 && this.#response.chunkedEncoding) this.#response.addTrailers(trailerPairs(rawTrailers));
    this.#response.end();
  }

  /**
   * Ends a response before its time. The client sees that it is cut, with one exception: a response of unknown length that has
   * reached its time limit ends as if it were complete, as Knative's tests want it to be readable to its end
   * (data-path.md, section 8.5).
   */
  cut(timedOut: boolean): void {
    if (timedOut && !this.#sized && !this.#http10) return void this.#response.end();
    const { socket } = this.#response;
    if (socket) socket.destroySoon();
    else this.#response.destroy();
  }

  flushUnlessBegun(): void {
    if (!this.#bodyBegun && !this.#response.destroyed) this.#response.flushHeaders();
  }
}

function flushUnlessBegun(writer: ResponseWriter): void {
  writer.flushUnlessBegun();
}
