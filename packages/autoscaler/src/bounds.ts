import { Steps } from './decision/steps.ts';
import type { LifecycleSpec } from './lifecycle/spec.ts';
import { type LifecycleState, oneHop } from './lifecycle/state.ts';
import { type LifecycleOutcome, stepLifecycle } from './lifecycle/step.ts';

/** What becomes of a class's decision: everything that bounds it. Plain data: it survives JSON. */
export interface Bounding {
  readonly atMs: number;
  /** What the class decided; −1: nothing yet. */
  readonly desired: number;
  readonly excessBurstCapacity: number;
  /** Pods ready. */
  readonly ready: number;
  /** Pods that the forecast asks for; 0: none. */
  readonly forecast: number;
  /** Pods that stay because the class never goes down; 0: it does. */
  readonly upOnlyFrom: number;
  /** Pods that stay because the load is not known well at present; 0: it is. */
  readonly held: number;
  readonly spec: LifecycleSpec;
  readonly state: LifecycleState;
}

/** What there is before anything is decided. */
export function noBounding(spec: LifecycleSpec, state: LifecycleState): Bounding {
  const nothing = { desired: -1, excessBurstCapacity: 0, ready: 0, forecast: 0, upOnlyFrom: 0, held: 0 };
  return { atMs: Number.NEGATIVE_INFINITY, ...nothing, spec, state };
}

/** True if both bound alike, as far as it does not depend on the time. */
export function isSameBounding(a: Bounding, b: Bounding): boolean {
  return (
    a.desired === b.desired &&
    a.ready === b.ready &&
    a.forecast === b.forecast &&
    a.upOnlyFrom === b.upOnlyFrom &&
    a.held === b.held &&
    a.spec === b.spec &&
    a.state === b.state
  );
}

/** Bounds a decision, rule by rule into `steps`, and goes one step on in the revision's life. */
export function bound(given: Bounding, steps: Steps = new Steps()): LifecycleOutcome {
  const { spec, state, atMs, desired, ready, excessBurstCapacity } = given;
  steps.begin('nothing-known', desired);
  const lifted = desired < 0 ? desired : lift(given, steps);
  const observed = { desired: lifted, excessBurstCapacity, ready, network: oneHop, steps };
  return stepLifecycle(spec, observed, state, atMs);
}

/** What holds a scale up; the revision's own ceiling comes after it. */
function lift({ desired, forecast, upOnlyFrom, held }: Bounding, steps: Steps): number {
  const foreseen = steps.change('forecast', Math.max(desired, forecast));
  const kept = steps.change('scale-up-only', Math.max(foreseen, upOnlyFrom));
  return steps.change('load-not-known-well', Math.max(kept, held));
}
