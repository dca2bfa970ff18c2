import type { Lease } from '@ebb/activator';
import type { Clock, Logger } from '@ebb/base';
import type { Downstream, DownstreamOwner, Peer, RequestBody, ResponseHead } from '../http/downstream.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { OwnAnswer } from '../http/refusal.ts';
import { clientGone } from '../http/status.ts';

export interface AccessLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Part of all requests that is logged, from 0 to 1. */
  readonly sampleRate: number;
}

/** Writes a line for each request, or for some, when its response is over (data-path.md, section 15.4). */
export class AccessLog {
  readonly #options: AccessLogOptions;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** The line about a request that has come; undefined if it is none of those that are logged. */
  begin(head: RequestHead, peer: Peer): LogEntry | undefined {
    const { sampleRate, random } = this.#options;
    return sampleRate < 1 && random() >= sampleRate ? undefined : new LogEntry(head, peer, this.#options);
  }

  /** What to use in place of `downstream`, so that what becomes of the request is seen. */
  watch(downstream: Downstream, head: RequestHead, peer: Peer): Downstream {
    const entry = this.begin(head, peer);
    return entry ? new LoggedDownstream(downstream, entry) : downstream;
  }
}

/** What became of a request. */
export interface Ending {
  readonly status: number;
  /** Bytes of the request's body, as far as they were counted. Default: as many as it announced. */
  readonly requestSize?: number | undefined;
  /** Bytes of the response's body. Default 0. */
  readonly responseSize?: number | undefined;
}

/** One line of the log, from when the request has come. */
export class LogEntry {
  readonly #head: RequestHead;
  readonly #peer: Peer;
  readonly #options: AccessLogOptions;
  readonly #beganAt: number;
  #isOver = false;
  #revision: string | undefined;
  #instance: Pick<Lease, 'podName' | 'address'> | undefined;

  constructor(head: RequestHead, peer: Peer, options: AccessLogOptions) {
    this.#head = head;
    this.#peer = peer;
    this.#options = options;
    this.#beganAt = options.clock.now();
  }

  /** Which revision has the request, and which of its instances. */
  assigned(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): void {
    this.#revision = revisionKey;
    this.#instance = instance;
  }

  /** Writes the line; once. */
  tell({ status, requestSize, responseSize = 0 }: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clock, logger } = this.#options;
    const { method, target, host, contentLength } = this.#head;
    const { address, proto, protocol = 'HTTP/1.1' } = this.#peer;
    const latency = (clock.now() - this.#beganAt) / 1000;
    const httpRequest = {
      requestMethod: method,
      requestUrl: `${proto}://${host}${target}`,
      requestSize: requestSize ?? contentLength ?? 0,
      status,
      responseSize,
      userAgent: this.#head.header('user-agent') ?? '',
      remoteIp: address,
      serverIp: this.#instance?.address.host ?? '',
      referer: this.#head.header('referer') ?? '',
      latency: `${latency.toFixed(6)}s`,
      protocol,
    };
    const to = { revision: this.#revision ?? '', pod: this.#instance?.podName ?? '' };
    logger.info({ httpRequest, ...to, traceId: traceIn(this.#head) }, 'request');
  }
}

class LoggedDownstream implements Downstream {
  readonly #inner: Downstream;
  readonly #entry: LogEntry;
  #owner: DownstreamOwner | undefined;
  #status = 0;
  #bytes = 0;

  constructor(inner: Downstream, entry: LogEntry) {
    this.#inner = inner;
    this.#entry = entry;
  }

  get body(): RequestBody | undefined {
    return this.#inner.body;
  }

  get begun(): boolean {
    return this.#inner.begun;
  }

  get owner(): DownstreamOwner | undefined {
    return this.#owner;
  }

  set owner(owner: DownstreamOwner | undefined) {
    this.#owner = owner;
    this.#inner.owner = owner && {
      drained: () => owner.drained(),
      clientGone: () => {
        this.#tell(this.#status || clientGone);
        owner.clientGone();
      },
      malformed: () => owner.malformed(),
    };
  }

  assigned(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): void {
    this.#entry.assigned(revisionKey, instance);
  }

  information(response: ResponseHead): void {
    this.#inner.information(response);
  }

  head(response: ResponseHead, own: readonly string[]): void {
    this.#status = response.status;
    this.#inner.head(response, own);
  }

  data(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    return this.#inner.data(chunk);
  }

  flush(): void {
    this.#inner.flush();
  }

  end(trailers: readonly string[]): void {
    this.#inner.end(trailers);
    this.#tell(this.#status);
  }

  cut(timedOut: boolean): void {
    this.#inner.cut(timedOut);
    this.#tell(this.#status);
  }

  answer(answer: OwnAnswer): void {
    this.#inner.answer(answer);
    this.#bytes = Buffer.byteLength(answer.text);
    this.#tell(answer.status);
  }

  #tell(status: number): void {
    this.#entry.tell({ status, responseSize: this.#bytes });
  }
}

/** The trace that a request belongs to, by W3C's header or by Zipkin's. */
function traceIn(head: RequestHead): string {
  return head.header('traceparent')?.split('-')[1] ?? head.header('x-b3-traceid') ?? '';
}
