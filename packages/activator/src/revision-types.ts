import type { Address, Backend } from './backend.ts';
import type { ColdStart, InstanceTimes } from './cold-start.ts';
import type { Readiness } from './readiness.ts';
import type { Revision } from './revision.ts';

/** What the activator needs to know of a revision. */
export interface RevisionConfig {
  /** Requests an instance may have at a time; 0 is any number. */
  readonly containerConcurrency: number;
  readonly readiness: Readiness;
  /** Why it cannot run. Requests that wait are then refused, and so are new ones while no instance is ready. */
  readonly failure?: string | undefined;
}

/** What Kubernetes says of a pod. */
export interface PodState {
  readonly name: string;
  readonly address: Address;
  readonly ready: boolean;
  readonly draining: boolean;
  /** How far it came, and when. */
  readonly times?: InstanceTimes | undefined;
}

/** What a revision asks of its surroundings. */
export interface RevisionHooks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  /** Probes a backend until told to stop. */
  probe(revision: Revision, backend: Backend): void;
  stopProbe(backend: Backend): void;
  /** Requests have begun to wait: probes are urgent. */
  hurry(revision: Revision): void;
  /** Requests that counted as load do so no more, or again. */
  loadChanged(revision: Revision, delta: number): void;
  /** Wakes the revision by `warmed` after a while. */
  warmLater(revision: Revision): void;
  /** How many of a pod's slots are this gateway's. */
  shareOf(pod: string, containerConcurrency: number): number;
  /** A request that found no instance ready has its answer. */
  coldStarted(coldStart: ColdStart): void;
  /** More or fewer requests wait for a revision with limited concurrency, or its pods have changed. */
  demandChanged(revision: Revision, podsChanged: boolean): void;
}
