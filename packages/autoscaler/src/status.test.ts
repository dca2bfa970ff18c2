import type { PodAutoscaler } from '@ebb/api';
import { conditionOf } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { readLifecycle } from './lifecycle/read.ts';
import { type LifecycleState, newLifecycle } from './lifecycle/state.ts';
import type { ScaleStatus } from './scaler-context.ts';
import { makeStatus } from './status.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const podAutoscaler: PodAutoscaler = { metadata: { name: 'web', generation: 1 }, spec: { scaleTargetRef: {} } };

/** `status reason` of each condition. */
function conditions(scale: Partial<ScaleStatus> & { readonly lifecycle: LifecycleState }): Record<string, string> {
  const status = makeStatus(podAutoscaler, { ready: 0, shortage: undefined, ...scale }, now);
  const told = (status.conditions ?? []).map(({ type, status, reason = '' }) => [type, `${status} ${reason}`.trim()]);
  return Object.fromEntries(told) as Record<string, string>;
}

const lifecycle = (status: 'True' | 'False' | 'Unknown', reason: string, initialized = true): LifecycleState => ({
  ...newLifecycle(now),
  active: { status, reason, sinceMs: now },
  initialized,
});

describe('the status of a PodAutoscaler', () => {
  it('is ready when active, initialised and with an instance', () => {
    expect(conditions({ lifecycle: lifecycle('True', ''), ready: 1 })).toEqual({
      Active: 'True',
      Ready: 'True',
      SKSReady: 'True',
      ScaleTargetInitialized: 'True',
    });
  });

  it('is not ready for want of traffic at zero', () => {
    expect(conditions({ lifecycle: lifecycle('False', 'NoTraffic') })).toMatchObject({
      Active: 'False NoTraffic',
      Ready: 'False NoTraffic',
      SKSReady: 'Unknown NotReady',
    });
  });

  it('is open while requests wait, and says what is in the way', () => {
    expect(conditions({ lifecycle: lifecycle('Unknown', 'Queued', false) })).toMatchObject({
      Active: 'Unknown Queued',
    });
    const shortage = { reason: 'Unschedulable', message: 'no node' };
    expect(conditions({ lifecycle: lifecycle('Unknown', 'Queued'), shortage })).toMatchObject({
      Active: 'Unknown Unschedulable',
    });
  });

  it('tells the lifecycle it was made of', () => {
    const before: LifecycleState = { ...lifecycle('True', ''), desiredScale: 3, hasServiceName: true };
    const status = makeStatus(podAutoscaler, { lifecycle: before, ready: 3, shortage: undefined }, now);
    expect(status).toMatchObject({ desiredScale: 3, actualScale: 3, observedGeneration: 1 });
    expect(conditionOf(status, 'Active')?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    expect(readLifecycle({ ...podAutoscaler, status }, now + 60_000)).toEqual(before);
  });

  it('of a new one tells nothing', () => expect(readLifecycle(podAutoscaler, now)).toEqual(newLifecycle(now)));
});
