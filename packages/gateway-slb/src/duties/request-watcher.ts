import type { Lease } from '@ebb/activator';
import type { Downstream, DownstreamOwner, Peer, RequestBody, ResponseHead } from '../http/downstream.ts';
import type { OwnAnswer } from '../http/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import { clientGone } from '../http/status.ts';

/** What became of a request. */
export interface Ending {
  readonly status: number;
  /** Bytes of the request's body that have come. Default 0. */
  readonly requestBytes?: number | undefined;
  /** Bytes of the response's body. Default 0. */
  readonly responseBytes?: number | undefined;
}

/** Is told what becomes of one request. */
export interface RequestWatcher {
  /**
   * Which revision has the request, and which of its instances; once more for another. Gives headers (name, value, name, value…) that the
   * instance is sent in place of others of these names.
   */
  assigned(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): readonly string[];
  /** It is over. Told again, it is no more over than it was. */
  ended(ending: Ending): void;
}

/** Follows requests through the gateway, as part of traces. */
export interface RequestTracer {
  /** The trace of a request that has come; undefined if it is to be none. */
  begin(head: RequestHead, peer: Peer): (RequestWatcher & { readonly traceId: string }) | undefined;
}

/** One that tells two. */
export function bothOf(a: RequestWatcher, b: RequestWatcher): RequestWatcher {
  return {
    assigned: (...about) => [...a.assigned(...about), ...b.assigned(...about)],
    ended: (ending) => {
      a.ended(ending);
      b.ended(ending);
    },
  };
}

/** A client's side of a request that somebody watches. */
export class WatchedDownstream implements Downstream {
  readonly #inner: Downstream;
  readonly #watcher: RequestWatcher;
  #owner: DownstreamOwner | undefined;
  #status = 0;
  #bytes = 0;

  constructor(inner: Downstream, watcher: RequestWatcher) {
    this.#inner = inner;
    this.#watcher = watcher;
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
        this.#ended(this.#status || clientGone);
        owner.clientGone();
      },
      malformed: () => owner.malformed(),
    };
  }

  assigned(revisionKey: string, instance: Pick<Lease, 'podName' | 'address'>): readonly string[] {
    return this.#watcher.assigned(revisionKey, instance);
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
    this.#ended(this.#status);
  }

  cut(timedOut: boolean): void {
    this.#inner.cut(timedOut);
    this.#ended(this.#status);
  }

  answer(answer: OwnAnswer): void {
    this.#inner.answer(answer);
    this.#bytes = Buffer.byteLength(answer.text);
    this.#ended(answer.status);
  }

  #ended(status: number): void {
    this.#watcher.ended({ status, requestBytes: this.#inner.body?.received, responseBytes: this.#bytes });
  }
}
