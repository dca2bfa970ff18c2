export { LinearWindow } from './windows/linear-window.ts';
export { WeightedWindow } from './windows/weighted-window.ts';
export { MaxWindow } from './windows/max-window.ts';
export { type MetricSpec, Metrics } from './windows/metrics.ts';
export { type DeciderSpec, resolveSpec } from './resolve.ts';
export { type DeciderState, type Observation, createState, decide, isPanicking } from './decide.ts';
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
