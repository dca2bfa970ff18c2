import type { LifecycleSpec } from './spec.ts';
import type { LifecycleState } from './state.ts';

/** True for a revision that has never had a scale. */
export function isNew({ active, desiredScale = -1, initialized }: LifecycleState): boolean {
  return active.status !== 'False' && desiredScale < 0 && !initialized;
}

/** The scale to begin with: never fewer pods than there are. A new revision gets its initial scale. */
export function firstScale(spec: LifecycleSpec, state: LifecycleState, present: number): number {
  if (state.active.status === 'False') return present;
  return Math.max(present, isNew(state) ? spec.initialScale : (state.desiredScale ?? -1));
}
