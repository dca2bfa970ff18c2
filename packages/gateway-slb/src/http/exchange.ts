import type { Caller, Lease, RefusedError, Waiter } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import type { Forward } from '@ebb/router';
import type { Call, CallSink, FailureKind, UpstreamRequest } from '../upstream/call.ts';
import type { Binding } from '../duties/affinity.ts';
import { type DataPlane, type RevisionSettings, reconnectMs } from './data-plane.ts';
import type { Dated, DatedPlace } from './deadlines.ts';
import type { Downstream, DownstreamOwner, Peer, ResponseHead } from './downstream.ts';
import { safeMethods } from './methods.ts';
import { type Refusal, answerOf, refusalOf, refusals, waitedOut } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { clientGone } from './status.ts';
import { readResponseHead } from './response-head.ts';
import { coldStartHeaders } from './server-timing.ts';
import { takeTurn, waitOf } from './take-turn.ts';
import { type Wait, deadlineOf, waitDeadlineOf } from './timeouts.ts';
import { upstreamRequest } from './upstream-request.ts';

/** What an exchange begins with: a request, and the revision it goes to. */
export interface ExchangeStart {
  readonly downstream: Downstream;
  readonly peer: Peer;
  readonly head: RequestHead;
  readonly path: string;
  readonly forward: Forward;
  /** The instance the client is to come back to. */
  readonly binding?: Binding | undefined;
}

/** Times a request may go to another instance because the first could not be reached, or a kept connection had gone stale. */
const maxAttempts = 5;

/** Time an instance has to say whether it wants a body that the client holds back; some never say, and the client may wait for ever. */
const continueMs = 1000;

/** What an exchange and its connection take up beside the head. */
const exchangeBytes = 4096;

const none: readonly string[] = [];

/**
 * One request and its response: waits for an instance, sends, streams both ways, and gives everything back, however it
 * ends. Phases: `waiting` (for an instance), `calling` (an instance has it), `over`.
 */
export class Exchange implements Caller, CallSink, Dated, DownstreamOwner {
  place: DatedPlace | undefined;
  readonly #plane: DataPlane;
  readonly #start: ExchangeStart;
  readonly #settings: RevisionSettings;
  readonly #arrivedAt: number;
  readonly #downstream: Downstream;
  #phase: 'waiting' | 'calling' | 'over' = 'waiting';
  #waiter: Waiter | undefined;
  #lease: Lease | undefined;
  #call: Call | undefined;
  #upstreamRequest: UpstreamRequest | undefined;
  #attempts = 0;
  /** The request had to wait for an instance. */
  #coldStart = false;
  /** Until when another instance is looked for, after one could not be reached. */
  #retryUntil: number | undefined;
  #lastByteAt: number | undefined;
  /** When the client is told to go on with its body, if the instance has said nothing by then. */
  #continueAt: number | undefined;
  /** Of the response; until there is one, that of clients who have left. */
  #status = clientGone;
  /** Of the response's body, so far. */
  #bytes = 0;

  constructor(plane: DataPlane, start: ExchangeStart) {
    this.#plane = plane;
    this.#start = start;
    this.#settings = plane.settingsOf(start.forward.revisionKey, start.peer.listener);
    this.#arrivedAt = plane.clock.now();
    this.#downstream = start.downstream;
    start.downstream.owner = this;
    plane.deadlines.set(this, this.#deadline());
  }

  get arrivedAt(): number {
    return this.#arrivedAt;
  }

  get heldBytes(): number {
    const { head, path } = this.#start;
    return exchangeBytes + path.length + head.headers.text().length;
  }

  /** Asks for an instance. */
  begin(again = false): void {
    this.#phase = 'waiting';
    const waiter = takeTurn(this.#plane, this.#start.forward.revisionKey, this, again);
    // Without a place in line, the instance may have failed by now and the request wait anew.
    if (waiter) this.#waiter = waiter;
  }

  get prefers(): Caller['prefers'] {
    return this.#start.binding?.prefers;
  }

  granted(lease: Lease): void {
    this.#waiter = undefined;
    this.#lease = lease;
    this.#phase = 'calling';
    if (lease.waited) this.#coldStart = true;
    this.#start.binding?.chosen(lease.podName);
    const replaced = this.#downstream.assigned?.(this.#start.forward.revisionKey, lease);
    this.#attempts++;
    this.#upstreamRequest ??= upstreamRequest(this.#start, replaced);
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

  information(response: ResponseHead): void {
    this.#alive();
    this.#downstream.information(response);
  }

  head(response: ResponseHead): void {
    this.#alive();
    this.#status = response.status;
    try {
      const passed = this.#start.binding?.answer(response) ?? response;
      this.#downstream.head(passed, this.#ownHeaders());
    } catch (error) {
      this.#plane.logger.debug({ error: messageOf(error) }, 'response refused');
      this.#fail(refusals.upstreamInvalid);
    }
  }

  data(chunk: Buffer): boolean {
    if (this.#settings.idleMs !== undefined) this.#lastByteAt = this.#plane.clock.now();
    this.#bytes += chunk.length;
    return this.#downstream.data(chunk);
  }

  flush(): void {
    this.#downstream.flush();
  }

  end(trailers: readonly string[]): void {
    if (this.#phase !== 'calling') return;
    this.#finish();
    this.#downstream.end(trailers);
  }

  drained(): void {
    this.#call?.resume();
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
    if (this.#phase !== 'over') this.#giveUp();
  }

  malformed(): void {
    if (this.#phase === 'over') return;
    this.#lease?.abandon();
    this.#fail(refusals.notHttp);
  }

  due(nowMs: number): number | undefined {
    if (this.#phase === 'over') return undefined;
    if (nowMs >= (this.#continueAt ?? Infinity)) this.#letContinue();
    const deadline = this.#deadline();
    if (nowMs < deadline) return deadline;
    if (this.#phase === 'calling') this.#timedOut();
    else this.#refuse(waitedOut(this.#settings, this.#wait(), nowMs));
    return undefined;
  }

  #send(lease: Lease, request: UpstreamRequest): void {
    if (request.expectsContinue) this.#expectContinue();
    const { http1, http2 } = this.#plane.upstreams;
    const upstream = this.#settings.protocol === 'h2c' ? http2 : http1;
    const call = upstream.call(lease.address, request, this);
    // It may have failed already, and another be under way.
    if (this.#lease === lease) this.#call = call;
  }

  /** The client holds its body back until it is told to send it. */
  #expectContinue(): void {
    // Over HTTP/2 nobody would ask for the body, and the head does not wait for it.
    if (this.#settings.protocol === 'h2c') return this.#letContinue();
    this.#continueAt = this.#plane.clock.now() + continueMs;
    this.#plane.deadlines.set(this, this.#deadline());
  }

  #letContinue(): void {
    this.#continueAt = undefined;
    this.#downstream.information(readResponseHead(100, 'Continue', []));
  }

  /** A sign of life of the instance. The first one ends the limit on the start of the response. */
  #alive(): void {
    // Only a limit on silence asks when it was.
    if (this.#settings.idleMs !== undefined) this.#lastByteAt = this.#plane.clock.now();
    else this.#lastByteAt ??= this.#arrivedAt;
    this.#continueAt = undefined;
    this.#lease?.responded();
  }

  #wait(): Wait {
    const asked = { arrivedAt: this.#arrivedAt, retryUntil: this.#retryUntil };
    return waitOf(this.#plane, this.#start.forward.revisionKey, asked);
  }

  #deadline(): number {
    if (this.#phase === 'waiting') return waitDeadlineOf(this.#settings, this.#wait());
    const progress = { arrivedAt: this.#arrivedAt, lastByteAt: this.#lastByteAt };
    return Math.min(deadlineOf(this.#settings, progress), this.#continueAt ?? Infinity);
  }

  /** Only what cannot have been acted upon is sent twice (data-path.md, section 13). */
  #mayRepeat(kind: FailureKind): boolean {
    const { body, begun } = this.#downstream;
    if (this.#attempts >= maxAttempts || begun) return false;
    if (kind === 'connect' || kind === 'refused') return !body?.begun;
    return kind === 'stale' && !body && safeMethods.has(this.#start.head.method);
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

  #timedOut(): void {
    const { begun } = this.#downstream;
    this.#giveUp();
    if (begun) this.#downstream.cut(true);
    else this.#refuse(refusals.timeout);
  }

  /** Ends an exchange whose answer nobody waits for any more. */
  #giveUp(): void {
    this.#call?.abort();
    this.#lease?.abandon();
    this.#finish();
  }

  /** Ends an exchange that an instance or a client has failed. */
  #fail(refusal: Refusal): void {
    if (this.#downstream.begun) {
      this.#finish();
      this.#downstream.cut(false);
    } else {
      this.#refuse(refusal);
    }
  }

  #refuse(refusal: Refusal): void {
    this.#status = refusal.status;
    this.#bytes = Buffer.byteLength(refusal.text);
    this.#finish();
    this.#downstream.answer(answerOf(refusal, this.#ownHeaders()));
  }

  /** Headers the gateway adds to whatever response. */
  #ownHeaders(): readonly string[] {
    const cookie = this.#start.binding?.headers() ?? none;
    if (!this.#coldStart) return cookie;
    const waited = { lease: this.#lease, arrivedAt: this.#arrivedAt, now: this.#plane.clock.now() };
    return [...coldStartHeaders(waited, this.#settings.serverTiming), ...cookie];
  }

  #observe(): void {
    const { metrics, clock } = this.#plane;
    metrics?.observe(this.#start.forward.revisionKey, {
      status: this.#status,
      durationMs: clock.now() - this.#arrivedAt,
      requestBytes: this.#downstream.body?.received ?? 0,
      responseBytes: this.#bytes,
    });
  }

  /** Gives back all that the exchange holds. */
  #finish(): void {
    if (this.#phase !== 'over') this.#observe();
    this.#phase = 'over';
    this.#plane.deadlines.drop(this);
    this.#downstream.owner = undefined;
    this.#waiter?.cancel();
    this.#call?.abort();
    this.#lease?.release();
    this.#waiter = this.#call = this.#lease = undefined;
  }
}
