import type { Clock } from '@ebb/base';
import type { Faults } from './faults/faults.ts';
import type { GroupStore } from './groups/store.ts';
import type { ImageCaches } from './images/caches.ts';
import type { Samples } from './metrics/samples.ts';
import type { Market } from './placement/place.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Parameters } from './wire/parameters.ts';

/** What actions work on. */
export interface ActionContext {
  readonly store: GroupStore;
  readonly sessions: Sessions;
  readonly samples: Samples;
  readonly images: ImageCaches;
  readonly market: Market;
  readonly faults: Faults;
  readonly regionId: string;
  readonly zones: readonly string[];
  readonly endpoint: () => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What a call does: returns the answer's fields but the request's id, or throws `EciError`. */
export type Action = (parameters: Parameters, context: ActionContext) => object | Promise<object>;
