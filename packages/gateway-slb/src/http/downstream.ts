import type { Lease } from '@ebb/activator';
import type { Listener } from '@ebb/router';
import type { HeaderBlock } from './header-block.ts';
import type { OwnAnswer } from './refusal.ts';

/** The head of an instance's response, without what concerns only the connection to it. */
export interface ResponseHead {
  readonly status: number;
  /** The words behind the status; empty where the protocol has none. */
  readonly statusText: string;
  /** As announced by Content-Length, which is among `headers`; undefined if it is not known how much is to come. */
  readonly contentLength: number | undefined;
  readonly headers: HeaderBlock;
  /** There is a `Date` among them. */
  readonly dated: boolean;
  /** The status line and the headers as they are sent over HTTP/1.1, once that was worked out. */
  lines?: string | undefined;
  /** The same as they are sent over HTTP/2: name, value, name, value… */
  fields?: string[] | undefined;
}

/** Takes a request's body as it comes. */
export interface BodySink {
  /** False asks to pause until `RequestBody.resume`. */
  chunk(bytes: Buffer): boolean;
  /** All has come. Trailers as name, value, name, value… */
  ended(trailers: readonly string[]): void;
}

/** The body of a request, still on its way from the client. */
export interface RequestBody {
  /** Announced number of bytes; undefined if it comes in chunks. */
  readonly length: number | undefined;
  /** Bytes of it that have come. */
  readonly received: number;
  /** Some of it has been given away: it cannot be sent to another instance. */
  readonly begun: boolean;
  /** All of it has been given away. */
  readonly complete: boolean;
  /** Gives what has come and what comes to this sink, in place of the one before. */
  flow(sink: BodySink): void;
  /** The sink takes no more: what comes is kept for another. */
  hold(): void;
  /** Goes on after a pause. */
  resume(): void;
  /** Nobody wants the rest. */
  discard(): void;
}

/** Who sent a request. */
export interface Peer {
  /** IPv4 ones without IPv6's prefix. */
  readonly address: string;
  readonly proto: 'http' | 'https';
  readonly listener: Listener;
  /** What it speaks; default: HTTP/1.1. */
  readonly protocol?: 'HTTP/2.0' | undefined;
  /** From which port it came. */
  readonly port?: number | undefined;
  /** To which port of ours. */
  readonly ownPort?: number | undefined;
}

/** Hears of what becomes of the client while an exchange is under way. */
export interface DownstreamOwner {
  /** The client has caught up after `data` returned false. */
  drained(): void;
  /** The client has left; nothing can be told to it any more. */
  clientGone(): void;
  /** The rest of the request makes no sense: it is to be answered so, or cut if the response has begun. */
  malformed(): void;
}

/** The client's side of one request and its response, in whatever version of HTTP. */
export interface Downstream {
  readonly body: RequestBody | undefined;
  /** The head of the response was written: the status can no longer be changed. */
  readonly begun: boolean;
  /** Who is to be told; undefined before and after an exchange. */
  owner: DownstreamOwner | undefined;
  /**
   * Told which revision has the request, and which of its instances; once more for another. Gives headers (name, value, name, value…) that
   * the instance is sent in place of others of these names.
   */
  assigned?(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): readonly string[];
  /** Passes a 1xx response on, without any effect on what follows, or leaves it out where it cannot be. */
  information(response: ResponseHead): void;
  /** @param own Headers of the gateway's own: name, value, name, value… Throws if the head cannot be written. */
  head(response: ResponseHead, own: readonly string[]): void;
  /** False if the client is behind. The bytes are the caller's again when this returns. */
  data(chunk: Buffer): boolean;
  /** What was given so far goes out now. */
  flush(): void;
  /** The response is complete. Trailers as name, value, name, value… */
  end(trailers: readonly string[]): void;
  /**
   * Ends a response before its time. The client sees that it is cut, with one exception: a response of unknown length that
   * has reached its time limit ends as if it were complete, as Knative's tests want it to be readable to its end
   * (data-path.md, section 8.5).
   */
  cut(timedOut: boolean): void;
  /** Answers in the gateway's own name, unless the response has begun. */
  answer(answer: OwnAnswer): void;
}
