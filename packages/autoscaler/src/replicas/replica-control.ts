/** Why pods that are wanted cannot be made. */
export interface Shortage {
  readonly reason: string;
  readonly message: string;
}

/** The pods of a revision, as decisions see and move them. */
export interface ReplicaControl {
  /** Pods there should be; `undefined`: leave those there are. */
  target: number | undefined;
  /** Pods that run, are ready, and stay. */
  readonly ready: number;
  /** Pods that stay, ready or not, and those on their way. */
  readonly count: number;
  /** Why pods that are wanted are not there, if that is known. */
  readonly shortage: Shortage | undefined;
  /** True if nothing is left of it, nor wanted. */
  readonly isAtRest: boolean;
  /** Starts whatever leads to `target`. Returns at once, the calls under way; may be called at any time. */
  reconcile(): void;
}
