import type { LifecycleSpec } from './spec.ts';
import type { LifecycleState } from './state.ts';

/**
 * Keeps a desired scale within the revision's bounds (autoscaling.md, section 13, rules 5 to 7): −1 if it is unknown and the revision
 * not activating. The minimum wins over the maximum.
 */
export function clampScale(spec: LifecycleSpec, state: LifecycleState, desired: number): number {
  if (desired < 0 && state.active.status !== 'Unknown') return -1;
  const least = leastScale(spec, state);
  if (desired < least) return least;
  return spec.maxScale !== 0 && desired > spec.maxScale ? spec.maxScale : desired;
}

/** An initial scale of 1 is no bound: it is how a revision comes to life, and it may go to zero before it was ready. */
function leastScale({ minScale, initialScale, reachable }: LifecycleSpec, { initialized }: LifecycleState): number {
  const holdsInitial = initialScale > 1 && !initialized && reachable;
  return holdsInitial ? Math.max(minScale, initialScale) : minScale;
}
