import type { AutoscalerConfig } from '@ebb/api/autoscaler';
import type { Decision } from './decision/decision.ts';
import type { Hearing } from './gateways.ts';
import type { LiftingSources } from './lifting.ts';
import type { LifecycleState } from './lifecycle/state.ts';
import type { ReplicaControl, Shortage } from './replicas/replica-control.ts';

/** How much of the load is known at present; one view for all revisions. */
export interface LoadView {
  hearing: Hearing;
}

/** What a PodAutoscaler's status tells. */
export interface ScaleStatus {
  readonly lifecycle: LifecycleState;
  /** Pods ready, reserved ones included. */
  readonly ready: number;
  /** Why pods that are wanted are not there, if that is known. */
  readonly shortage: Shortage | undefined;
  /** The last decision that changed something; in the status it is `ebb.dev/why`, in words. */
  readonly decision?: Decision | undefined;
}

/** What the cluster's ConfigMaps say about scaling. */
export interface ScalerSettings {
  readonly autoscaler: AutoscalerConfig;
  /** Time a revision has to become ready, where it does not say. */
  readonly progressDeadlineMs: number;
}

/** What a scaler works with. */
export interface ScalerContext extends LiftingSources {
  readonly settings: ScalerSettings;
  readonly replicas: ReplicaControl;
  readonly load: Readonly<LoadView>;
  /** Cores that one pod requests. Default 0. */
  readonly cpuRequest?: number;
  /** Told of each decision that changes something. */
  readonly decided?: (decision: Decision) => void;
}

/** How a report is to be taken. */
export interface ReportFacts {
  /** When it was made, by this clock. */
  readonly madeAtMs: number;
  /** Requests waiting for an instance, over all gateways. */
  readonly waiting: number;
  /** Requests present, waiting ones included, over all gateways. Default: the waiting ones. */
  readonly present?: number;
}
