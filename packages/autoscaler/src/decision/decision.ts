import { type Bounding, bound } from '../bounds.ts';
import type { ClassAccount } from '../classes/account.ts';
import { decideClassAgain } from '../classes/create-class.ts';
import { firstScale } from '../lifecycle/first-scale.ts';
import { type Rule, type Step, Steps } from './steps.ts';

/** A decision that changed something, with all that it stood on. Plain data: it survives JSON, and can be taken again. */
export interface Decision {
  readonly atMs: number;
  /** Pods wanted before and from now on. */
  readonly from: number;
  readonly to: number;
  /** True if it was taken in panic: only more pods are given then. */
  readonly panics: boolean;
  /** What the class saw and knew; `null` if it has not decided yet. */
  readonly account: ClassAccount | null;
  /** What bounded it. */
  readonly bounding: Bounding;
  /** Set on the first decision about a new revision, which is that it get its initial scale: the pods there were. */
  readonly begins?: { readonly present: number };
  /** How the scale came about, in the order in which the rules apply; those that changed nothing are left out. */
  readonly steps: readonly Step[];
  /** The rule that had the last word. */
  readonly rule: Rule;
}

/** What taking a decision again comes to. */
export interface Retaken {
  /** Pods to bring about; `undefined`: those there are stay. */
  readonly to: number | undefined;
  readonly steps: readonly Step[];
}

/** Takes a decision again, from what is recorded of it and by the same code. */
export function takeAgain({ account, bounding, begins }: Pick<Decision, 'account' | 'bounding' | 'begins'>): Retaken {
  if (begins) {
    const to = firstScale(bounding.spec, bounding.state, begins.present);
    return { to, steps: firstSteps(to) };
  }
  const byClass = account ? decideClassAgain(account) : undefined;
  const desired = byClass ? byClass.desired : bounding.desired;
  const bounds = new Steps();
  const { write } = bound({ ...bounding, desired }, bounds);
  return { to: write, steps: joinSteps(byClass?.steps, bounds) };
}

/** The one step by which a new revision comes to its first scale. */
export function firstSteps(scale: number): readonly Step[] {
  return [{ rule: 'initial-scale', scale }];
}

/** The steps of a class, then those of the bounds, which begin with what the class came to. */
export function joinSteps(ofClass: Steps | undefined, ofBounds: Steps): readonly Step[] {
  return ofClass ? [...ofClass.list(), ...ofBounds.list().slice(1)] : ofBounds.list();
}
