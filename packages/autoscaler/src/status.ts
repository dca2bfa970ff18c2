import { type PodAutoscaler, keys } from '@ebb/api';
import { type ConditionManager, type ConditionSet, createConditionManager } from '@ebb/kube';
import { explain } from './decision/explain.ts';
import type { LifecycleState } from './lifecycle/state.ts';
import type { Shortage } from './replicas/replica-control.ts';
import type { ScaleStatus } from './scaler-context.ts';

/** The conditions of a PodAutoscaler (serving-api.md, section 13). */
const conditionSet: ConditionSet = { happy: 'Ready', dependents: ['Active', 'ScaleTargetInitialized', 'SKSReady'] };

const messages: Readonly<Record<string, string>> = {
  Queued: 'requests wait for instances that are on their way',
  NoTraffic: 'there are no requests, and no instances',
  TimedOut: 'no instance became ready in time',
};

/** The status to write (autoscaling.md, section 15; serving-api.md, section 18). */
export function makeStatus(
  podAutoscaler: PodAutoscaler,
  { lifecycle, ready, shortage, decision }: ScaleStatus,
  nowMs: number,
): NonNullable<PodAutoscaler['status']> {
  const { name = '' } = podAutoscaler.metadata;
  const conditions = createConditionManager(conditionSet, podAutoscaler);
  markActive(conditions, lifecycle, shortage);
  if (lifecycle.initialized) conditions.markTrue('ScaleTargetInitialized');
  if (ready > 0) conditions.markTrue('SKSReady');
  else conditions.markUnknown('SKSReady', 'NotReady', 'no instance is ready');
  return {
    ...podAutoscaler.status,
    ...conditions.finish(nowMs),
    ...(decision ? { annotations: { ...podAutoscaler.status?.annotations, [keys.why]: explain(decision) } } : {}),
    serviceName: name,
    selector: `${keys.revision}=${name},${keys.podKind} notin (reserve)`,
    metricsServiceName: `${name}-private`,
    actualScale: ready,
    ...(lifecycle.desiredScale === undefined ? {} : { desiredScale: lifecycle.desiredScale }),
  };
}

function markActive(conditions: ConditionManager, { active }: LifecycleState, shortage: Shortage | undefined): void {
  switch (active.status) {
    case 'True':
      return conditions.markTrue('Active');
    case 'False':
      return conditions.markFalse('Active', active.reason, messages[active.reason]);
    case 'Unknown': {
      const { reason, message } = shortage ?? { reason: active.reason, message: messages[active.reason] };
      return conditions.markUnknown('Active', reason, message);
    }
  }
}
