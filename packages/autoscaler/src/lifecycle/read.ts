import type { PodAutoscaler } from '@ebb/api';
import type { LifecycleState } from './state.ts';

/** The lifecycle a status tells of, for a start in the middle of it. */
export function readLifecycle({ status }: PodAutoscaler, nowMs: number): LifecycleState {
  const condition = (type: string): { status: string; reason?: string; lastTransitionTime?: string } | undefined =>
    status?.conditions?.find((each) => each.type === type);
  const active = condition('Active');
  const sinceMs = Date.parse(active?.lastTransitionTime ?? '');
  const known = active?.status === 'True' || active?.status === 'False' ? active.status : 'Unknown';
  return {
    active: {
      status: known,
      reason: known === 'Unknown' && active ? 'Queued' : (active?.reason ?? ''),
      sinceMs: Number.isNaN(sinceMs) ? nowMs : Math.min(sinceMs, nowMs),
    },
    initialized: condition('ScaleTargetInitialized')?.status === 'True',
    desiredScale: status?.desiredScale,
    hasServiceName: status?.serviceName !== undefined,
  };
}
