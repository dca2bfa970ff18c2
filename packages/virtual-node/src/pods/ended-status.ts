import type { ContainerState, ContainerStatus, Pod, PodStatus } from '@ebb/api';
import { stampConditions } from './conditions.ts';

/** As a shell says of SIGKILL; kubelet uses it for containers that it finds no more. */
const killedExitCode = 137;

interface Why {
  readonly reason: string;
  readonly message: string;
}

interface End extends Why {
  readonly now: string;
  /** Of those that had not ended yet. */
  readonly ofContainers: Why;
}

const lostReason = 'InstanceLost';

/** True for a pod that was given up for want of its group: should that show again, nobody wants it. */
export function isLost({ status }: Pod): boolean {
  return status?.phase === 'Failed' && status.reason === lostReason;
}

/** The status of a pod whose group is gone, and nobody knows how it ended: it failed, and so did what ran of it. */
export function lostStatus(pod: Pod, now: string): PodStatus {
  return endedStatus(pod, {
    reason: lostReason,
    message: 'the container group is gone',
    now,
    ofContainers: { reason: 'ContainerStatusUnknown', message: 'the container is gone with its group' },
  });
}

/** The last status of a pod that was deleted, when its group is gone: as with a kubelet, its containers' ends tell its phase. */
export function removedStatus(pod: Pod, now: string): PodStatus {
  const { reason: _reason, message: _message, ...status } = lostStatus(pod, now);
  const ends = (status.containerStatuses ?? []).map(({ state }) => state?.terminated?.exitCode);
  return { ...status, phase: ends.length > 0 && ends.every((code) => code === 0) ? 'Succeeded' : 'Failed' };
}

/** The status of a pod that failed by something that is not its containers' doing. */
export function endedStatus(pod: Pod, { reason, message, now, ofContainers }: End): PodStatus {
  const { status } = pod;
  const conditions = (status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' || condition.type === 'ContainersReady'
      ? { ...condition, status: 'False' as const, reason: 'PodFailed', message }
      : condition,
  );
  const lists = (['containerStatuses', 'initContainerStatuses'] as const).flatMap((list) => {
    const all = status?.[list];
    return all ? [[list, all.map((each) => ended(each, ofContainers, now))] as const] : [];
  });
  return {
    ...status,
    phase: 'Failed',
    reason,
    message,
    conditions: stampConditions(conditions, pod, now),
    ...Object.fromEntries(lists),
  };
}

/** A container that had not ended, as one that was killed. */
export function ended(status: ContainerStatus, { reason, message }: Why, now: string): ContainerStatus {
  if (status.state?.terminated)
    return { ...status, ready: status.state.terminated.exitCode === 0 && status.ready, started: false };
  const state: ContainerState = {
    terminated: {
      exitCode: killedExitCode,
      reason,
      message,
      ...(status.state?.running?.startedAt === undefined ? {} : { startedAt: status.state.running.startedAt }),
      finishedAt: now,
    },
  };
  return { ...status, ready: false, started: false, state };
}
