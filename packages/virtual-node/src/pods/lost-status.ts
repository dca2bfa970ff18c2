import type { ContainerState, ContainerStatus, Pod, PodStatus } from '@ebb/api';
import { stampConditions } from './conditions.ts';

/** As a shell says of SIGKILL; kubelet uses it for containers that it finds no more. */
const killedExitCode = 137;

/** The status of a pod whose group is gone, and nobody knows how it ended: it failed, and so did what ran of it. */
export function lostStatus(pod: Pod, now: string): PodStatus {
  const message = 'the container group is gone';
  const { status } = pod;
  const why = { reason: 'PodFailed', message } as const;
  const conditions = (status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' || condition.type === 'ContainersReady'
      ? { ...condition, status: 'False' as const, ...why }
      : condition,
  );
  return {
    ...status,
    phase: 'Failed',
    reason: 'InstanceLost',
    message,
    conditions: stampConditions(conditions, pod, now),
    ...(status?.containerStatuses
      ? { containerStatuses: status.containerStatuses.map((each) => lost(each, now)) }
      : {}),
  };
}

function lost(status: ContainerStatus, now: string): ContainerStatus {
  if (status.state?.terminated) return { ...status, ready: false, started: false };
  const state: ContainerState = {
    terminated: {
      exitCode: killedExitCode,
      reason: 'ContainerStatusUnknown',
      message: 'the container is gone with its group',
      ...(status.state?.running?.startedAt === undefined ? {} : { startedAt: status.state.running.startedAt }),
      finishedAt: now,
    },
  };
  return { ...status, ready: false, started: false, state };
}
