/** The autoscaler without I/O, clock or anything of Node: it runs in a browser, and on a virtual clock. */
export { LinearWindow } from './windows/linear-window.ts';
export { WeightedWindow } from './windows/weighted-window.ts';
export { MaxWindow } from './windows/max-window.ts';
export { type MetricSpec, Metrics } from './windows/metrics.ts';
export { type BetterBehaviours, type DeciderSpec, resolveSpec } from './resolve.ts';
export {
  type Carried,
  type DeciderState,
  type DelayWindow,
  type Observation,
  createState,
  decide,
  isPanicking,
} from './decide.ts';
export { Decider } from './decider.ts';
export { activatorCount } from './activators.ts';
export { type LifecycleSpec, resolveLifecycle } from './lifecycle/spec.ts';
export {
  type ActiveCondition,
  type LifecycleState,
  type NetworkFacts,
  newLifecycle,
  oneHop,
} from './lifecycle/state.ts';
export { type LifecycleObservation, type LifecycleOutcome, stepLifecycle } from './lifecycle/step.ts';
export type { ClassAccount, HpaAccount, KpaAccount, PreciseAccount, Usage } from './classes/account.ts';
export { type Bounding, bound } from './bounds.ts';
export { type Decision, type Retaken, takeAgain } from './decision/decision.ts';
export { explain } from './decision/explain.ts';
export { type Rule, type Step, Steps } from './decision/steps.ts';
export { History } from './decision/history.ts';
export { LoadHistory } from './history/load-history.ts';
export type { LiftingSources, ScheduleSource } from './lifting.ts';
export type { PodKind, ReplicaControl, Shortage } from './replicas/replica-control.ts';
export { RevisionScaler } from './revision-scaler.ts';
export type { Hearing } from './gateways.ts';
export type { LoadView, ReportFacts, ScaleStatus, ScalerContext, ScalerSettings } from './scaler-context.ts';
