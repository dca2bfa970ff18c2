import type { LifecycleSpec } from './spec.ts';
import type { ActiveCondition, LifecycleState } from './state.ts';

/** What the conditions follow from: the wanted scale (−1 not known) and the ready pods. */
export interface Scale {
  readonly want: number;
  readonly ready: number;
}

/** The state after a step came to `want` (autoscaling.md, section 15). */
export function nextState(spec: LifecycleSpec, state: LifecycleState, scale: Scale, nowMs: number): LifecycleState {
  const threshold = state.initialized ? Math.max(spec.minScale, 1) : Math.max(spec.minScale, spec.initialScale);
  const isReached = scale.ready >= threshold && state.hasServiceName;
  const { status, reason } = activeAfter(state.active, scale, threshold);
  const isSame = status === state.active.status && reason === state.active.reason;
  const initialized = state.initialized || isReached;
  const desiredScale = scale.want < 0 ? Math.max(state.desiredScale ?? -1, -1) : scale.want;
  if (isSame && initialized === state.initialized && desiredScale === state.desiredScale) return state;
  const active = isSame ? state.active : { status, reason, sinceMs: nowMs };
  return { active, initialized, desiredScale, hasServiceName: state.hasServiceName };
}

type Mark = Pick<ActiveCondition, 'status' | 'reason'>;

const inactive: Mark = { status: 'False', reason: 'NoTraffic' };

function activeAfter(active: ActiveCondition, { want, ready }: Scale, threshold: number): Mark {
  if (want === 0 || threshold === 0) {
    return active.status === 'Unknown' && threshold > 0 ? { status: 'False', reason: 'TimedOut' } : inactive;
  }
  const staysInactive = want < 0 && active.status === 'False';
  if (ready < threshold) return staysInactive ? inactive : { status: 'Unknown', reason: 'Queued' };
  return staysInactive ? active : { status: 'True', reason: '' };
}
