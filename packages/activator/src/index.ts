export { Activator, type ActivatorLimits, type ActivatorOptions, type Waiter } from './activator.ts';
export type { Address } from './backend.ts';
export type { Lease } from './lease.ts';
export type { ProbeAttempt } from './prober.ts';
export type { Readiness } from './readiness.ts';
export { type RefusalReason, RefusedError } from './refused-error.ts';
export type { Caller, PodState, RevisionConfig } from './revision.ts';
