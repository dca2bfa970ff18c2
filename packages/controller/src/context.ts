import type { Clock, Logger } from '@ebb/base';
import type { EventRecorder, KubeClient, Reconciler } from '@ebb/kube';
import type { Observable } from 'rxjs';
import type { ConfigStore } from './config-store.ts';
import type { Informers } from './informers.ts';
import type { OwnWrites } from './own-writes.ts';

/** What every controller works with. */
export interface Context {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly ownWrites: OwnWrites;
  readonly config: ConfigStore;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1; spreads retries. */
  readonly random: () => number;
  /** An image by its digest, where that can be told. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
}

/** What a reconcile works with: the context, until `signal` aborts. */
export type Work = Context & { readonly signal: AbortSignal };

/** A controller: a queue of keys and what puts keys into it. */
export interface Controller {
  readonly reconciler: Reconciler;
  /** Keys to be reconciled, as changes call for them. */
  readonly keys: Observable<string>;
}
