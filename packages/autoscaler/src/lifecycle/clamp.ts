import type { Rule } from '../decision/steps.ts';
import type { LifecycleSpec } from './spec.ts';
import type { LifecycleState } from './state.ts';

/** A scale within its bounds, and the bound that it was brought to. */
export interface Clamped {
  readonly scale: number;
  readonly rule: Rule;
}

const unknown: Clamped = { scale: -1, rule: 'nothing-known' };

/**
 * Keeps a desired scale within the revision's bounds (autoscaling.md, section 13, rules 5 to 7): −1 if it is unknown and the revision
 * not activating. The minimum wins over the maximum.
 */
export function clampScale(spec: LifecycleSpec, state: LifecycleState, desired: number): Clamped {
  if (desired < 0 && state.active.status !== 'Unknown') return unknown;
  const { minScale, maxScale } = spec;
  const least = leastScale(spec, state);
  if (desired < least) {
    const rule = spec.scheduled?.min ? 'schedule' : 'min-scale';
    return { scale: least, rule: least > minScale ? 'initial-scale' : rule };
  }
  const rule = spec.scheduled?.max ? 'schedule' : 'max-scale';
  return { scale: maxScale !== 0 && desired > maxScale ? maxScale : desired, rule };
}

/** An initial scale of 1 is no bound: it is how a revision comes to life, and it may go to zero before it was ready. */
function leastScale({ minScale, initialScale, reachable }: LifecycleSpec, { initialized }: LifecycleState): number {
  const holdsInitial = initialScale > 1 && !initialized && reachable;
  return holdsInitial ? Math.max(minScale, initialScale) : minScale;
}
