import type { Pod, PodStatus } from '@ebb/api';
import { endedStatus } from './ended-status.ts';

/** As a kubelet says it. */
export const deadlineExceeded = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
} as const;

/** How long a pod may still be active, in milliseconds, whether it runs yet or not; undefined if for ever. */
export function activeMs({ spec, status }: Pod, nowMs: number): number | undefined {
  const { activeDeadlineSeconds } = spec;
  if (activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - nowMs;
}

/** The status of a pod that was active for too long. */
export function exceededStatus(pod: Pod, now: string): PodStatus {
  return endedStatus(pod, { ...deadlineExceeded, now, ofContainers: deadlineExceeded });
}
