import type { Lease } from '@ebb/activator';
import type { Template } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { Peer } from '../http/downstream.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { RevisionNames } from '../metrics/revision-names.ts';
import { plainLine, templateLine } from './request-line.ts';
import type { Ending, RequestWatcher } from './request-watcher.ts';

const none: readonly string[] = [];

export interface AccessLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Part of all requests that is logged, from 0 to 1. */
  readonly sampleRate: number;
  /** What a line says. Default: Ebb's own form. */
  readonly template?: Template | undefined;
  /** The names of the revision with this key. */
  readonly namesOf: (revisionKey: string) => RevisionNames;
}

/** Writes a line for each request, or for some, when its response is over (data-path.md, section 15.4). */
export class AccessLog {
  readonly #options: AccessLogOptions;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /**
   * The line about a request that has come; undefined if it is none of those that are logged.
   * @param traceId The trace it is in. Default: as its headers have it.
   */
  begin(head: RequestHead, peer: Peer, traceId?: string): RequestWatcher | undefined {
    const { sampleRate, random } = this.#options;
    return sampleRate < 1 && random() >= sampleRate ? undefined : new LogEntry(head, peer, this.#options, traceId);
  }
}

/** One line of the log, from when the request has come. */
class LogEntry implements RequestWatcher {
  readonly #head: RequestHead;
  readonly #peer: Peer;
  readonly #options: AccessLogOptions;
  readonly #traceId: string | undefined;
  readonly #beganAt: number;
  #isOver = false;
  #revision: string | undefined;
  #instance: Pick<Lease, 'podName' | 'address'> | undefined;

  constructor(head: RequestHead, peer: Peer, options: AccessLogOptions, traceId: string | undefined) {
    this.#head = head;
    this.#peer = peer;
    this.#options = options;
    this.#traceId = traceId;
    this.#beganAt = options.clock.now();
  }

  assigned(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): readonly string[] {
    this.#revision = revisionKey;
    this.#instance = instance;
    return none;
  }

  /** Writes the line; once. */
  ended({ status, requestBytes = 0, responseBytes = 0 }: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clock, logger, template, namesOf } = this.#options;
    const request = {
      head: this.#head,
      peer: this.#peer,
      status,
      requestBytes,
      responseBytes,
      latencySeconds: (clock.now() - this.#beganAt) / 1000,
      revision: this.#revision === undefined ? undefined : namesOf(this.#revision),
      podName: this.#instance?.podName ?? '',
      podIP: this.#instance?.address.host ?? '',
      traceId: this.#traceId ?? traceIn(this.#head),
    };
    const line = template ? templateLine(template, request) : plainLine(request);
    if (line) logger.info(line.fields, line.message);
  }
}

/** The trace that a request belongs to, by W3C's header or by Zipkin's. */
function traceIn(head: RequestHead): string {
  return head.header('traceparent')?.split('-')[1] ?? head.header('x-b3-traceid') ?? '';
}
