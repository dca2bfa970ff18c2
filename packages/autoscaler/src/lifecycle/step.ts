import type { Steps } from '../decision/steps.ts';
import { clampScale } from './clamp.ts';
import { nextState } from './conditions.ts';
import { type Wish, passGate, scaleTo } from './gate.ts';
import type { LifecycleSpec } from './spec.ts';
import type { LifecycleState, NetworkFacts } from './state.ts';

/** What one step looks at. */
export interface LifecycleObservation {
  /** Last decision; −1 none yet. */
  readonly desired: number;
  readonly excessBurstCapacity: number;
  /** Pods ready. */
  readonly ready: number;
  readonly network: NetworkFacts;
  /** Where to note what bounds and the way to zero make of the scale; begun with `desired`. */
  readonly steps?: Steps;
}

/** What one step comes to. */
export interface LifecycleOutcome extends Wish {
  readonly state: LifecycleState;
  /** Which way requests should take; a figure only where there is one hop. */
  readonly mode: 'Proxy' | 'Serve';
}

const nothingKnown: Wish = { want: -1, write: undefined };

/** One reconcile of a PodAutoscaler without its effects: bounds, the way to zero, conditions (autoscaling.md, sections 12 to 15). */
export function stepLifecycle(
  spec: LifecycleSpec,
  observed: LifecycleObservation,
  before: LifecycleState,
  nowMs: number,
): LifecycleOutcome {
  const { network } = observed;
  if (!network.usable) {
    return {
      ...nothingKnown,
      mode: 'Proxy',
      state: nextState(spec, before, { want: -1, ready: 0 }, nowMs),
    };
  }
  const wish = wishFor(spec, observed, before, nowMs);
  const named = before.hasServiceName ? before : { ...before, hasServiceName: true };
  const state = nextState(spec, named, { want: wish.want, ready: observed.ready }, nowMs);
  const serves = wish.want > 0 && observed.excessBurstCapacity >= 0;
  return { ...wish, mode: serves ? 'Serve' : 'Proxy', state };
}

function wishFor(spec: LifecycleSpec, observed: LifecycleObservation, state: LifecycleState, nowMs: number): Wish {
  const { desired, network, steps } = observed;
  const { scale, rule } = clampScale(spec, state, desired);
  if (scale < 0) return nothingKnown;
  steps?.change(rule, scale);
  if (scale > 0) return scaleTo(scale);
  const wish = passGate(spec, state, network, nowMs);
  // Where the gate leaves the pods as they are, what it says is not the scale there is.
  if (wish.rule) steps?.change(wish.rule, wish.write ?? -1);
  return wish;
}
