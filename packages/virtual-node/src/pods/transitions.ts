import type { ContainerStatus, Pod, PodStatus } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import type { PodEvent } from './pod-event.ts';

const lists = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

/** What happened to a pod between its status and the next, in kubelet's words; of each thing only what users look for. */
export function transitions(pod: Pod, after: PodStatus): PodEvent[] {
  return lists.flatMap((list) =>
    (after[list] ?? []).flatMap((container) => {
      const before = pod.status?.[list]?.find(({ name }) => name === container.name);
      return containerTransitions(pod, before, container);
    }),
  );
}

function containerTransitions(pod: Pod, before: ContainerStatus | undefined, now: ContainerStatus): PodEvent[] {
  const { name, state, lastState, restartCount } = now;
  const restarted = restartCount > (before?.restartCount ?? 0);
  const ended = state?.terminated ?? (restarted ? lastState?.terminated : undefined);
  const endedBefore = before?.state?.terminated ?? before?.lastState?.terminated;
  const found: PodEvent[] = [];
  if (ended?.reason === 'StartError' && (!endedBefore || ended.finishedAt !== endedBefore.finishedAt)) {
    found.push({ type: 'Warning', reason: 'Failed', message: `Error: ${ended.message ?? ''}` });
  }
  // One that was quick may have ended when it is first seen.
  const ran = state?.running ?? (ended?.reason === 'StartError' ? undefined : ended?.startedAt && ended);
  const startedBefore = before?.state?.running ?? endedBefore;
  if (ran && (restarted || startedBefore === undefined)) {
    found.push({ type: 'Normal', reason: 'Started', message: `Started container ${name}` });
  }
  const { reason = '', message = reason } = state?.waiting ?? {};
  if (restarted || reason !== before?.state?.waiting?.reason) {
    const trouble = troubles[reason]?.({ pod, container: now, message });
    if (trouble) found.push(trouble);
  }
  return found;
}

interface Trouble {
  readonly pod: Pod;
  readonly container: ContainerStatus;
  readonly message: string;
}

const warning = (reason: string, message: string): PodEvent => ({ type: 'Warning', reason, message });

/** A kubelet's words for a container that is restarted later than at once. */
export function backOffEvent({ metadata }: Pod, container: string): PodEvent {
  const name = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
  return warning('BackOff', `Back-off restarting failed container ${container} in pod ${name}`);
}

/** Reasons of waiting that are worth an event. */
const troubles: Readonly<Record<string, ((trouble: Trouble) => PodEvent) | undefined>> = {
  CrashLoopBackOff: ({ pod, container }) => backOffEvent(pod, container.name),
  ImagePullBackOff: ({ container }) => ({
    type: 'Normal',
    reason: 'BackOff',
    message: `Back-off pulling image "${container.image}"`,
  }),
  ErrImagePull: ({ container, message }) =>
    warning('Failed', message.startsWith('Failed') ? message : `Failed to pull image "${container.image}": ${message}`),
  ErrImageNeverPull: ({ message }) => warning('ErrImageNeverPull', message),
  InvalidImageName: ({ message }) => warning('InspectFailed', message),
  CreateContainerConfigError: ({ message }) => warning('Failed', `Error: ${message}`),
};

/** What ECI tells that no status shows. The rest is seen in the status, or is the virtual node's own doing. */
const passedOn: ReadonlySet<string> = new Set([
  'Unhealthy',
  'DeadlineExceeded',
  'OOMKilled',
  'FailedScheduling',
  'SpotToBeReleased',
  'FailedPostStartHook',
  'FailedPreStopHook',
]);

type GroupEvents = NonNullable<ContainerGroup['events']>;

/** The events of a group worth an event of its pod, as far as they are new or came again. */
export function newEvents(before: GroupEvents = [], after: GroupEvents = []): PodEvent[] {
  const counts = new Map(before.map(({ reason, message, count }) => [`${reason} ${message}`, count]));
  const pulling = pullsUnderWay(before);
  const isNews = ({ reason = '', message = '' }: GroupEvents[number]): boolean => {
    // A pull is told of only if it takes a while: most are over before one looks.
    if (reason === 'Pulling') return pullsUnderWay(after).has(imageIn(message));
    if (reason === 'Pulled') return pulling.has(imageIn(message));
    if (reason === 'Killing') return message.endsWith('will be restarted');
    return passedOn.has(reason);
  };
  return after.flatMap((event) => {
    const { type, reason = '', message = '', count } = event;
    if (counts.get(`${reason} ${message}`) === count || !isNews(event)) return [];
    return [{ type: type === 'Normal' ? 'Normal' : 'Warning', reason, message } as const];
  });
}

function pullsUnderWay(events: GroupEvents): Set<string> {
  const images = (wanted: string): string[] =>
    events.flatMap(({ reason, message = '' }) => (reason === wanted ? [imageIn(message)] : []));
  const pulled = new Set(images('Pulled'));
  return new Set(images('Pulling').filter((image) => !pulled.has(image)));
}

function imageIn(message: string): string {
  return /"([^"]+)"/.exec(message)?.[1] ?? '';
}
