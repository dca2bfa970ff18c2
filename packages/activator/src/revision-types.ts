import type { Address } from './backend.ts';
import type { InstanceTimes } from './cold-start.ts';
import type { Readiness } from './readiness.ts';

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
