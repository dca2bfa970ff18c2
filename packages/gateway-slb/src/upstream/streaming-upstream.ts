import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Address } from '@ebb/activator';
import {
  type Call,
  type CallSink,
  type Upstream,
  type UpstreamRequest,
  connectTimeoutMs,
  maxHeaderBytes,
} from './call.ts';
import { trailerPairs } from '../http/response-head.ts';

/**
 * HTTP/1.1 for requests whose head must go ahead of the body: bodies in chunks, perhaps with trailers, and `Expect:
 * 100-continue`. Undici holds the head back until the first bytes of the body. Each has a connection of its own, as it could
 * not be repeated if a kept one broke.
 */
export class StreamingUpstream implements Upstream {
  readonly #agent = new Agent({ keepAlive: false, maxSockets: Infinity });

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    return new StreamingCall(this.#agent, address, request, sink);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

class StreamingCall implements Call {
  readonly #sink: CallSink;
  readonly #out: ClientRequest;
  readonly #body: IncomingMessage | undefined;
  #response: IncomingMessage | undefined;
  #connected = false;
  #over = false;

  constructor(agent: Agent, { host, port }: Address, request: UpstreamRequest, sink: CallSink) {
    this.#sink = sink;
    this.#body = request.body;
    this.#out = httpRequest({
      agent,
      host,
      port,
      method: request.method,
      path: request.path,
      headers: framed(request),
      maxHeaderSize: maxHeaderBytes,
      timeout: connectTimeoutMs,
    });
    this.#listen(this.#out);
    if (request.body) this.#out.flushHeaders();
    else this.#out.end();
  }

  resume(): void {
    this.#response?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#out.destroy();
  }

  #listen(out: ClientRequest): void {
    out.once('socket', (socket) =>
      socket.once('connect', () => {
        this.#connected = true;
        socket.setTimeout(0);
        // Not earlier: what has been read cannot be sent to another instance, if this one cannot be reached.
        if (this.#body && !this.#over) this.#pump(this.#body);
      }),
    );
    out.once('timeout', () => out.destroy(new Error('no connection in time')));
    out.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
      if (!this.#over) this.#sink.information(statusCode, statusMessage, rawHeaders);
    });
    out.once('response', (response) => this.#receive(response));
    out.on('error', (error) => this.#fail(error));
  }

  #receive(response: IncomingMessage): void {
    if (this.#over) return;
    this.#response = response;
    response.on('data', (chunk: Buffer) => {
      if (!this.#over && !this.#sink.data(chunk)) response.pause();
    });
    response.once('end', () => this.#end(response));
    response.on('error', (error) => this.#fail(error));
    response.once('close', () => this.#fail(new Error('the response ended early')));
    this.#sink.head(response.statusCode ?? 502, response.statusMessage ?? '', response.rawHeaders);
  }

  #end(response: IncomingMessage): void {
    if (this.#over || !response.complete) return;
    this.#finish();
    this.#sink.end(response.rawTrailers);
    this.#out.destroy();
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#finish();
    this.#out.destroy();
    const code = 'code' in error ? String(error.code) : '';
    if (!this.#connected) this.#sink.failed('connect', error);
    else this.#sink.failed(code.startsWith('HPE_') ? 'invalid' : 'reset', error);
  }

  #pump(body: IncomingMessage): void {
    body.on('data', this.#onData).once('end', this.#onEnd);
    this.#out.on('drain', this.#onDrain);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#out.write(chunk)) this.#body?.pause();
  };

  readonly #onDrain = (): void => void this.#body?.resume();

  readonly #onEnd = (): void => {
    const trailers = trailerPairs(this.#body?.rawTrailers ?? []);
    if (trailers.length > 0) this.#out.addTrailers(trailers);
    this.#out.end();
  };

  /** What is left of the body is read and thrown away. */
  #finish(): void {
    this.#over = true;
    if (!this.#connected) return;
    this.#body?.off('data', this.#onData).off('end', this.#onEnd).resume();
  }
}

function framed({ headers, body, contentLength, expectsContinue }: UpstreamRequest): string[] {
  const framing = body ? ['Transfer-Encoding', 'chunked'] : [];
  return [
    ...headers,
    ...(contentLength === undefined ? framing : ['Content-Length', contentLength]),
    ...(expectsContinue ? ['Expect', '100-continue'] : []),
    'Connection',
    'close',
  ];
}
