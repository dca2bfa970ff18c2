import type { ConditionStatus } from '@ebb/api';

/** The Active condition. Its time is renewed when status or reason change, and not otherwise. */
export interface ActiveCondition {
  readonly status: ConditionStatus;
  /** `Queued`, `NoTraffic`, `TimedOut`, or empty. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** What a PodAutoscaler's status remembers from one step to the next. */
export interface LifecycleState {
  readonly active: ActiveCondition;
  /** ScaleTargetInitialized: the first scale was reached once. */
  readonly initialized: boolean;
  /** The wanted scale last told; −1 not known yet, `undefined` never told. */
  readonly desiredScale: number | undefined;
  readonly hasServiceName: boolean;
}

/** The way requests take to a revision, as far as its life depends on it. */
export interface NetworkFacts {
  /** False until there is a way at all; nothing is decided then. */
  readonly usable: boolean;
  /** Whether requests go through an activator (Proxy) or straight to the pods (Serve). */
  readonly mode: 'Proxy' | 'Serve';
  /** Time since all requests went through an activator; 0 if they do not. */
  readonly proxiedForMs: number;
  /** Whether an activator answers at the revision's address. */
  readonly activatorAnswers: boolean;
}

/**
 * Ebb's own network: one hop, always buffered, nothing to switch and to wait for, so that of the way to zero only the retention
 * remains (autoscaling.md, section 16).
 */
export const oneHop: NetworkFacts = {
  usable: true,
  mode: 'Proxy',
  proxiedForMs: Number.POSITIVE_INFINITY,
  activatorAnswers: true,
};

/** The state of a PodAutoscaler that has no status yet. */
export function newLifecycle(nowMs: number): LifecycleState {
  return {
    active: { status: 'Unknown', reason: '', sinceMs: nowMs },
    initialized: false,
    desiredScale: undefined,
    hasServiceName: false,
  };
}
