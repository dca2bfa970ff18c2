import type { Rule } from '../decision/steps.ts';
import type { LifecycleSpec } from './spec.ts';
import type { LifecycleState, NetworkFacts } from './state.ts';

/** What a bounded wish comes to. */
export interface Wish {
  /** The scale that is wanted, for status and conditions; −1: not known. */
  readonly want: number;
  /** The scale to bring about now; `undefined`: leave the pods as they are. */
  readonly write: number | undefined;
  /** What kept the scale from zero, or the pods from going, if something did. */
  readonly rule?: Rule;
  /** When to look again though nothing may have changed, in milliseconds from now. */
  readonly lookAgainMs?: number;
  /** Set if the activator was asked whether it answers. */
  readonly probed?: boolean;
  /** Set if it does not: it is to be asked until it does. */
  readonly keepProbing?: boolean;
}

/** How long a change of routes takes to be worth another look. */
const settleMs = 3000;

/** The way to zero (autoscaling.md, section 14): what becomes of a revision whose scale should be 0. */
export function passGate(spec: LifecycleSpec, state: LifecycleState, network: NetworkFacts, nowMs: number): Wish {
  if (!spec.enableScaleToZero) return { ...scaleTo(1), rule: 'scale-to-zero-disabled' };
  const forMs = nowMs - state.active.sinceMs;
  switch (state.active.status) {
    case 'Unknown':
      return whileActivating(spec, forMs);
    case 'True':
      return whileActive(spec, network, forMs);
    case 'False':
      return whileInactive(spec, network, forMs);
  }
}

/** Brings about a scale at once. */
export function scaleTo(scale: number): Wish {
  return { want: scale, write: scale };
}

function whileActivating({ activationTimeoutMs }: LifecycleSpec, forMs: number): Wish {
  if (forMs > activationTimeoutMs) return scaleTo(0);
  return { want: -1, write: undefined, lookAgainMs: activationTimeoutMs, rule: 'activating' };
}

/** A revision stays active for a stable window; then it becomes inactive first, with its pods still there. */
function whileActive({ stableWindowMs }: LifecycleSpec, { mode }: NetworkFacts, forMs: number): Wish {
  if (forMs < stableWindowMs) return { ...scaleTo(1), lookAgainMs: stableWindowMs - forMs, rule: 'stays-active' };
  return { want: 0, write: undefined, ...(mode === 'Proxy' ? { lookAgainMs: settleMs } : {}) };
}

function whileInactive(spec: LifecycleSpec, network: NetworkFacts, forMs: number): Wish {
  const probed = spec.probesActivator ? { probed: true } : {};
  if (spec.probesActivator && !network.activatorAnswers) {
    return { want: 0, write: undefined, probed: true, keepProbing: true };
  }
  const waitMs = waitBeforeZero(spec, network, forMs);
  if (waitMs === 0) return { ...scaleTo(0), ...probed };
  return { want: 0, write: undefined, lookAgainMs: waitMs, rule: 'last-pod-stays', ...probed };
}

/** 0 once the last pod may go. */
function waitBeforeZero({ gracePeriodMs, retentionMs }: LifecycleSpec, network: NetworkFacts, forMs: number): number {
  if (forMs >= Math.max(gracePeriodMs, retentionMs)) return 0;
  if (forMs < retentionMs) return retentionMs - forMs;
  return Math.max(0, gracePeriodMs - network.proxiedForMs);
}
