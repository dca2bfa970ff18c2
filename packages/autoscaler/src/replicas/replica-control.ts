/**
 * What a pod is to its revision: `standard`; `spot`, cheaper and taken back at times; `reserve`, the smallest size, for idle times.
 */
export type PodKind = 'standard' | 'spot' | 'reserve';

/** Why pods that are wanted cannot be made. */
export interface Shortage {
  readonly reason: string;
  readonly message: string;
}

/** The pods of a revision, as decisions see and move them. Reserved pods are counted apart. */
export interface ReplicaControl {
  /** Pods there should be; `undefined`: leave those there are. */
  target: number | undefined;
  /** Of these, pods that are not to be spot ones; `undefined`: all. */
  onDemand: number | undefined;
  /** Reserved pods there should be, besides. */
  reserve: number;
  /** Pods that are not let go for now, though `target` may be less. */
  keep: number;
  /** Pods that run, are ready, and stay. */
  readonly ready: number;
  /** Pods that stay, ready or not, and those on their way. */
  readonly count: number;
  /** Reserved pods that run, are ready, and stay. */
  readonly reserveReady: number;
  /** Why pods that are wanted are not there, if that is known. */
  readonly shortage: Shortage | undefined;
  /** True if all is as it should be at zero: no pod but the reserved ones, and those ready. */
  readonly isAtRest: boolean;
  /** Starts whatever leads to what should be. Returns at once, the calls under way; may be called at any time. */
  reconcile(): void;
  /** Deletes the pods being let go that have answered their last request, or had the time for it. */
  deleteDrained(): void;
}
