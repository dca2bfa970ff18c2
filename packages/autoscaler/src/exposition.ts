import { type Pod, type PodAutoscaler, keys } from '@ebb/api';
import type { Exposition } from '@ebb/base/metrics';
import { isPodReady, stageOf } from './replicas/replica.ts';
import type { RevisionScaler } from './revision-scaler.ts';

type Labels = Readonly<Record<string, string>>;

/** A revision under Knative's names of today, and of before; each figure is told under both. */
interface Named {
  readonly today: Labels;
  readonly before: Labels;
}

/**
 * Tells how one revision is scaled, under Knative's names (autoscaling.md, section 23; data-path.md, sections 15.1 and 15.2). Averages are
 * those of the last decision; before the first one there are none.
 */
export function exposeScale(
  podAutoscaler: PodAutoscaler,
  scaler: RevisionScaler,
  pods: readonly Pod[],
  out: Exposition,
): void {
  const named = namesOf(podAutoscaler);
  const gauge = (today: string, before: string, help: string, value: number): void => {
    out.gauge(`kn_revision_${today}`, help, named.today, value);
    out.gauge(`autoscaler_${before}`, help, named.before, value);
  };
  const { ready, notReady, pending, terminating } = countPods(pods);
  const { target: requested } = scaler.replicas;
  if (requested !== undefined) gauge('pods_requested', 'requested_pods', 'Pods that are to be there.', requested);
  gauge('pods_count', 'actual_pods', 'Pods that are ready, reserved ones included.', ready);
  gauge('pods_not_ready_count', 'not_ready_pods', 'Pods that are not ready, or are on their way out.', notReady);
  gauge('pods_pending_count', 'pending_pods', 'Pods that have not begun to run.', pending);
  gauge('pods_terminating_count', 'terminating_pods', 'Pods that drain or are being deleted.', terminating);
  const { decided } = scaler;
  if (!decided) return;
  const { desired, excessBurstCapacity, isPanicking, account } = decided;
  gauge('pods_desired', 'desired_pods', 'Pods that the load asks for, before bounds.', desired);
  const panic = 'Whether only more pods are given at present, never fewer.';
  gauge('panic_mode', 'panic_mode', panic, isPanicking ? 1 : 0);
  const excess = 'Requests that could come on top of those there are; negative if too few.';
  gauge('capacity_excess', 'excess_burst_capacity', excess, excessBurstCapacity);
  if (account.class !== 'kpa') return;
  const { observed, spec } = account;
  const isRate = spec.metric === 'rps';
  const what = isRate ? 'Requests a second' : 'Requests at a time';
  const [kind, unit] = isRate ? ['rps', 'requests_per_second'] : ['concurrency', 'request_concurrency'];
  gauge(`${kind}_stable`, `stable_${unit}`, `${what}, over the stable window.`, observed.stable);
  gauge(`${kind}_panic`, `panic_${unit}`, `${what}, over the panic window.`, observed.panic);
  const target = isRate ? 'target_requests_per_second' : 'target_concurrency_per_pod';
  gauge(`${kind}_target`, target, `${what} that are aimed at for a pod.`, spec.targetValue);
}

function namesOf({ metadata: { namespace = '', name = '', labels } }: PodAutoscaler): Named {
  const service = labels?.[keys.service] ?? '';
  const configuration = labels?.[keys.configuration] ?? '';
  return {
    today: {
      kn_service_name: service,
      kn_configuration_name: configuration,
      kn_revision_name: name,
      k8s_namespace_name: namespace,
    },
    before: {
      namespace_name: namespace,
      service_name: service,
      configuration_name: configuration,
      revision_name: name,
    },
  };
}

interface PodCounts {
  ready: number;
  notReady: number;
  pending: number;
  terminating: number;
}

/** Pods that have ended are in none of the counts. */
function countPods(pods: readonly Pod[]): Readonly<PodCounts> {
  const counts: PodCounts = { ready: 0, notReady: 0, pending: 0, terminating: 0 };
  for (const pod of pods) {
    const stage = stageOf(pod);
    if (stage === 'ended') continue;
    if (stage !== 'active') counts.terminating++;
    else if ((pod.status?.phase ?? 'Pending') === 'Pending') counts.pending++;
    if (stage === 'active' && isPodReady(pod)) counts.ready++;
    else counts.notReady++;
  }
  return counts;
}
