export { attemptProbe, probeHeaders } from './attempt-probe.ts';
export {
  Activator,
  type ActivatorLimits,
  type ActivatorOptions,
  type Demand,
  type Sharing,
  type Waiter,
} from './activator.ts';
export type { Address } from './backend.ts';
export { type ColdStart, type InstanceTimes, instanceSteps } from './cold-start.ts';
export type { Scheduler } from './create-picker.ts';
export type { BackendLease, Lease } from './lease.ts';
export type { Caller } from './line.ts';
export type { ProbeAttempt } from './prober.ts';
export type { Readiness } from './readiness.ts';
export { type RefusalReason, RefusedError } from './refused-error.ts';
export type { PodState, RevisionConfig } from './revision-types.ts';
