import type { InstanceTimes } from './cold-start.ts';

/** Where an instance listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * - `starting`: not known to be ready; probed.
 * - `ready`: takes requests.
 * - `ejected`: was ready, but a connection to it failed; probed until one succeeds.
 * - `draining`: takes no new request.
 * - `gone`: the pod is no more; its last requests may still end.
 */
export type BackendState = 'starting' | 'ready' | 'ejected' | 'draining' | 'gone';

/** One pod of a revision, as the activator sees it. */
export interface Backend {
  readonly name: string;
  /** Older pods have lower numbers. */
  readonly sequence: number;
  address: Address;
  state: BackendState;
  /** What Kubernetes said last. */
  podReady: boolean;
  /** Requests it has now, from this gateway. */
  inFlight: number;
  /** Those of them on slots that are another gateway's. */
  borrowed: number;
  /** This gateway's slots on it that others use. */
  lent: number;
  /** Slots this gateway has on it: its share of the container concurrency, or what its warming-up allows. */
  limit: number;
  /** How far it came, and when. */
  times: InstanceTimes;
  /** For the picker's own book-keeping: where it stands there. */
  index: number;
}

/** How many of this gateway's own slots are taken. */
export function slotsTaken({ inFlight, borrowed, lent }: Backend): number {
  return inFlight - borrowed + lent;
}

export function hasRoom(backend: Backend): boolean {
  return slotsTaken(backend) < backend.limit;
}
