import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Lease, RefusedError, Waiter } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import type { Forward } from '@ebb/router';
import type { Call, CallSink, FailureKind, Upstream, UpstreamRequest } from '../upstream/call.ts';
import type { Connection, Passenger } from './connection.ts';
import { type DataPlane, type RevisionSettings, reconnectMs } from './data-plane.ts';
import type { Dated } from './deadlines.ts';
import { type Refusal, refusalOf, refusals, refuse } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { ResponseWriter } from './response-writer.ts';
import { takeTurn } from './take-turn.ts';
import { deadlineOf } from './timeouts.ts';
import { type Peer, upstreamHeaders } from './upstream-headers.ts';

/** What an exchange begins with: a request, and the revision it goes to. */
export interface ExchangeStart {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly head: RequestHead;
  readonly path: string;
  readonly forward: Forward;
}

/** Times a request may go to another instance because the first could not be reached, or a kept connection had gone stale. */
const maxAttempts = 5;

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * One request and its response: waits for an instance, sends, streams both ways, and gives everything back, however it
 * ends. Phases: `waiting` (for an instance), `calling` (an instance has it), `over`.
 */
export class Exchange implements Caller, CallSink, Dated, Passenger {
  slot: Set<Dated> | undefined;
  readonly #plane: DataPlane;
  readonly #start: ExchangeStart;
  readonly #settings: RevisionSettings;
  readonly #arrivedAt: number;
  readonly #writer: ResponseWriter;
  #phase: 'waiting' | 'calling' | 'over' = 'waiting';
  #waiter: Waiter | undefined;
  #lease: Lease | undefined;
  #call: Call | undefined;
  #upstreamRequest: UpstreamRequest | undefined;
  #attempts = 0;
  /** Until when another instance is looked for, after one could not be reached. */
  #retryUntil: number | undefined;
  #lastByteAt: number | undefined;

  constructor(plane: DataPlane, start: ExchangeStart) {
    this.#plane = plane;
    this.#start = start;
    this.#settings = plane.settingsOf(start.forward.revisionKey);
    this.#arrivedAt = plane.clock.now();
    this.#writer = new ResponseWriter(start.request, start.response, () => this.#call?.resume());
    start.connection.passengers.add(this);
    plane.deadlines.set(this, this.#deadline());
  }

  /** Asks for an instance. */
  begin(again = false): void {
    this.#phase = 'waiting';
    const waiter = takeTurn(this.#plane, this.#start.forward.revisionKey, this, again);
    // Without a place in line, the instance may have failed by now and the request wait anew.
    if (waiter) this.#waiter = waiter;
  }

  granted(lease: Lease): void {
    this.#waiter = undefined;
    this.#lease = lease;
    this.#phase = 'calling';
    if (lease.waited) this.#writer.coldStart = true;
    this.#attempts++;
    this.#upstreamRequest ??= this.#makeRequest();
    try {
      this.#send(lease, this.#upstreamRequest);
    } catch (error) {
      // What cannot be put into the instance's protocol, as some headers into HTTP/2.
      this.failed('invalid', error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  refused(error: RefusedError): void {
    this.#waiter = undefined;
    this.#refuse(refusalOf(error));
  }

  information(status: number, statusText: string, rawHeaders: readonly (string | Buffer)[]): void {
    this.#alive();
    this.#writer.information(status, statusText, rawHeaders);
  }

  head(status: number, statusText: string, rawHeaders: readonly (string | Buffer)[]): void {
    this.#alive();
    try {
      this.#writer.head(status, statusText, rawHeaders, this.#mustClose());
    } catch (error) {
      this.#plane.logger.debug({ error: messageOf(error) }, 'response refused');
      this.#fail(refusals.upstreamInvalid);
    }
  }

  data(chunk: Uint8Array): boolean {
    if (this.#settings.idleMs !== undefined) this.#lastByteAt = this.#plane.clock.now();
    return this.#writer.data(chunk);
  }

  end(rawTrailers: readonly (string | Buffer)[]): void {
    if (this.#phase !== 'calling') return;
    this.#finish();
    this.#writer.end(rawTrailers);
  }

  failed(kind: FailureKind, error: Error): void {
    if (this.#phase !== 'calling') return;
    this.#plane.logger.debug({ kind, pod: this.#lease?.podName, error: messageOf(error) }, 'call failed');
    if (this.#mayRepeat(kind)) return this.#repeat(kind);
    if (kind === 'connect') this.#lease?.connectFailed();
    if (kind === 'connect') return this.#fail(refusals.connectRefused);
    this.#fail(kind === 'invalid' ? refusals.upstreamInvalid : refusals.upstreamReset);
  }

  clientGone(): void {
    if (this.#phase !== 'over') this.#finish();
  }

  due(nowMs: number): number | undefined {
    if (this.#phase === 'over') return undefined;
    const deadline = this.#deadline();
    if (nowMs < deadline) return deadline;
    if (this.#phase === 'calling') this.#fail(refusals.timeout);
    else this.#refuse(this.#retryUntil === undefined ? refusals.timeoutWaiting : refusals.connectRefused);
    return undefined;
  }

  #send(lease: Lease, request: UpstreamRequest): void {
    // Over HTTP/2 nobody would ask for the body, and the head does not wait for it.
    if (request.expectsContinue && this.#settings.protocol === 'h2c') this.#writer.information(100, 'Continue', []);
    const call = this.#upstream(request).call(lease.address, request, this);
    // It may have failed already, and another be under way.
    if (this.#lease === lease) this.#call = call;
  }

  /** A sign of life of the instance. The first one ends the limit on the start of the response. */
  #alive(): void {
    this.#lastByteAt = this.#plane.clock.now();
    this.#lease?.responded();
  }

  #deadline(): number {
    const deadline = deadlineOf(this.#settings, { arrivedAt: this.#arrivedAt, lastByteAt: this.#lastByteAt });
    return this.#phase === 'waiting' ? Math.min(deadline, this.#retryUntil ?? Infinity) : deadline;
  }

  #makeRequest(): UpstreamRequest {
    const { request, head, path, forward, connection } = this.#start;
    const peer: Peer = { address: connection.peer, proto: 'http' };
    const hasBody = head.chunked || (head.contentLength !== undefined && Number(head.contentLength) > 0);
    return {
      method: request.method ?? 'GET',
      path,
      headers: upstreamHeaders(head, forward, peer),
      body: hasBody ? request : undefined,
      contentLength: head.contentLength,
      expectsContinue: head.expectsContinue && hasBody,
    };
  }

  #upstream({ body, expectsContinue }: UpstreamRequest): Upstream {
    const { http2, streaming, pooled } = this.#plane.upstreams;
    if (this.#settings.protocol === 'h2c') return http2;
    return expectsContinue || (body && this.#start.head.chunked) ? streaming : pooled;
  }

  /** Only what cannot have been acted upon is sent twice (data-path.md, section 13). */
  #mayRepeat(kind: FailureKind): boolean {
    const { request } = this.#start;
    if (this.#attempts >= maxAttempts || this.#writer.begun || this.#upstreamRequest === undefined) return false;
    if (kind === 'connect') return !request.readableDidRead;
    return kind === 'stale' && !this.#upstreamRequest.body && repeatable.has(this.#upstreamRequest.method);
  }

  #repeat(kind: FailureKind): void {
    if (kind === 'connect') {
      this.#retryUntil ??= this.#plane.clock.now() + reconnectMs;
      this.#lease?.connectFailed();
    } else {
      this.#lease?.release();
    }
    this.#lease = this.#call = undefined;
    this.begin(true);
    if (this.#waiter) this.#plane.deadlines.set(this, this.#deadline());
  }

  /** Ends an exchange whose instance has failed it, or was too slow. */
  #fail(refusal: Refusal): void {
    if (this.#writer.begun) {
      this.#finish();
      this.#writer.cut(refusal === refusals.timeout);
    } else {
      this.#refuse(refusal);
    }
  }

  #refuse(refusal: Refusal): void {
    this.#finish();
    refuse(this.#start.response, refusal, this.#writer.ownHeaders(this.#mustClose()));
  }

  /** A client that was not told to continue may send its body or its next request: nobody can tell which. */
  #mustClose(): boolean {
    const { head, request } = this.#start;
    return this.#plane.closing() || (head.expectsContinue && !request.complete);
  }

  /** Gives back all that the exchange holds. */
  #finish(): void {
    this.#phase = 'over';
    this.#plane.deadlines.drop(this);
    this.#start.connection.passengers.delete(this);
    this.#waiter?.cancel();
    this.#call?.abort();
    this.#lease?.release();
    this.#waiter = this.#call = this.#lease = undefined;
  }
}
