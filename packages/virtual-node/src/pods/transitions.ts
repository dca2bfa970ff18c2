import type { ContainerStatus, PodStatus } from '@ebb/api';

/** Something that happened to a pod, for its events. */
export interface Transition {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What happened between two statuses of a pod, in kubelet's words. */
export function transitions(before: PodStatus | undefined, after: PodStatus): Transition[] {
  return (after.containerStatuses ?? []).flatMap((container) => {
    const old = before?.containerStatuses?.find(({ name }) => name === container.name);
    return containerTransitions(old, container);
  });
}

function containerTransitions(
  before: ContainerStatus | undefined,
  { name, state, lastState, restartCount }: ContainerStatus,
): Transition[] {
  const found: Transition[] = [];
  const restarted = restartCount > (before?.restartCount ?? 0);
  const ended = state?.terminated ?? (restarted ? lastState?.terminated : undefined);
  const endedBefore = before?.state?.terminated ?? before?.lastState?.terminated;
  if (ended && ended.exitCode !== 0 && ended.finishedAt !== endedBefore?.finishedAt) {
    found.push({
      type: 'Warning',
      reason: 'Failed',
      message: `container ${name} ended with exit code ${ended.exitCode}`,
    });
  }
  if (state?.running && (restarted || !before?.state?.running)) {
    found.push({ type: 'Normal', reason: 'Started', message: `Started container ${name}` });
  }
  const waiting = state?.waiting;
  if (waiting?.reason && waiting.reason !== before?.state?.waiting?.reason && troubles.has(waiting.reason)) {
    found.push({
      type: 'Warning',
      reason: troubles.get(waiting.reason) ?? 'Failed',
      message: waiting.message ?? waiting.reason,
    });
  }
  return found;
}

/** Reasons of waiting that are worth an event, with its reason. */
const troubles: ReadonlyMap<string, string> = new Map([
  ['CrashLoopBackOff', 'BackOff'],
  ['ImagePullBackOff', 'BackOff'],
  ['ErrImagePull', 'Failed'],
  ['CreateContainerConfigError', 'Failed'],
]);
