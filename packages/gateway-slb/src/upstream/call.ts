import type { Address } from '@ebb/activator';
import type { RequestBody, ResponseHead } from '../http/downstream.ts';
import type { HeaderBlock } from '../http/header-block.ts';

/** A request on its way to an instance. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** With `Host` first, and without any that says how the body is framed. */
  readonly headers: HeaderBlock;
  /** Undefined if it has none. */
  readonly body: RequestBody | undefined;
  /** The body's announced length, perhaps 0; undefined if it comes in chunks, or was not announced. */
  readonly contentLength: number | undefined;
  readonly expectsContinue: boolean;
  readonly written: WrittenHead;
}

/** How the head of a request is sent, once that was worked out: the same for all requests that differ only in what their bodies are. */
export interface WrittenHead {
  http1?: string;
  /** Name, value, name, value… */
  http2?: readonly string[];
}

/**
 * - `connect`: no connection could be made; nothing was sent.
 * - `stale`: a connection used before broke without a byte of answer: the instance may just have closed it, being idle.
 * - `refused`: the instance says that it has not looked at the request (HTTP/2).
 * - `reset`: a connection broke, or the answer ended early.
 * - `invalid`: the answer is not HTTP, or the request cannot be put into it.
 */
export type FailureKind = 'connect' | 'stale' | 'refused' | 'reset' | 'invalid';

/** Is told how a call goes on: any number of `information`; then `head`, `data`…, `end`; or `failed` at any point, and then no more. */
export interface CallSink {
  /** A 1xx response. */
  information(response: ResponseHead): void;
  head(response: ResponseHead): void;
  /** False asks to pause until `resume`. The bytes are the sink's only until it returns. */
  data(chunk: Buffer): boolean;
  /** Nothing more is there at the moment. */
  flush(): void;
  /** Trailers as name, value, name, value… */
  end(trailers: readonly string[]): void;
  failed(kind: FailureKind, error: Error): void;
}

/** A call under way. */
export interface Call {
  /** Goes on after a pause. */
  resume(): void;
  /** Ends it; the sink is told nothing more. Does nothing once it is over. */
  abort(): void;
}

/** A way to send requests to instances. */
export interface Upstream extends Disposable {
  /** Begins a call. The sink is not told anything before this returns. */
  call(address: Address, request: UpstreamRequest, sink: CallSink): Call;
}

/** Time a connection to an instance may take to come about. */
export const connectTimeoutMs = 5000;

/** Faults of connections that say nothing about the instance: we have no more sockets or ports. */
export const systemFaults: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS']);

/** Most bytes an instance's headers may have. */
export const maxHeaderBytes = 65_536;
