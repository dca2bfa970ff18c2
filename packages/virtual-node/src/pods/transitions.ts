import type { ContainerStatus, PodStatus } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import type { PodEvent } from './pod-event.ts';

/** What happened between two statuses of a pod, in kubelet's words. */
export function transitions(before: PodStatus | undefined, after: PodStatus): PodEvent[] {
  return (['containerStatuses', 'ephemeralContainerStatuses'] as const).flatMap((list) =>
    (after[list] ?? []).flatMap((container) => {
      const old = before?.[list]?.find(({ name }) => name === container.name);
      return containerTransitions(old, container);
    }),
  );
}

function containerTransitions(
  before: ContainerStatus | undefined,
  { name, state, lastState, restartCount }: ContainerStatus,
): PodEvent[] {
  const found: PodEvent[] = [];
  const restarted = restartCount > (before?.restartCount ?? 0);
  const ended = state?.terminated ?? (restarted ? lastState?.terminated : undefined);
  const endedBefore = before?.state?.terminated ?? before?.lastState?.terminated;
  if (ended && ended.exitCode !== 0 && (!endedBefore || ended.finishedAt !== endedBefore.finishedAt)) {
    found.push({
      type: 'Warning',
      reason: 'Failed',
      message:
        ended.reason === 'StartError'
          ? `Error: ${ended.message ?? ''}`
          : `container ${name} ended with exit code ${ended.exitCode}`,
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
  ['ErrImageNeverPull', 'ErrImageNeverPull'],
  ['InvalidImageName', 'InspectFailed'],
  ['CreateContainerConfigError', 'Failed'],
]);

/** What ECI tells that no status shows. The rest is seen in the status, or is the virtual node's own doing. */
const passedOn: ReadonlySet<string> = new Set([
  'Unhealthy',
  'DeadlineExceeded',
  'OOMKilled',
  'SpotToBeReleased',
  'FailedPostStartHook',
  'FailedPreStopHook',
]);

/** The events of a group worth an event of its pod, as far as they are new or came again. */
export function newEvents(before: ContainerGroup['events'] = [], after: ContainerGroup['events'] = []): PodEvent[] {
  const counts = new Map(before.map(({ reason, message, count }) => [`${reason} ${message}`, count]));
  return after.flatMap(({ type, reason = '', message = '', count }) => {
    if (!passedOn.has(reason) || counts.get(`${reason} ${message}`) === count) return [];
    return [{ type: type === 'Normal' ? 'Normal' : 'Warning', reason, message } as const];
  });
}
