import {
  type Container,
  type ContainerState,
  type ContainerStatus,
  type CoreCondition,
  type Pod,
  type PodStatus,
  keys,
} from '@ebb/api';
import type { ContainerGroup, GroupContainer, GroupContainerState } from '../eci/eci.ts';

/** ECI's group states as Pod phases (serverless-node.md, section 2.4). */
const phases: Readonly<Record<string, NonNullable<PodStatus['phase']>>> = {
  Scheduling: 'Pending',
  Pending: 'Pending',
  Restarting: 'Pending',
  Running: 'Running',
  Updating: 'Running',
  Terminating: 'Running',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
  ScheduleFailed: 'Pending',
  Expired: 'Failed',
};

/** What of a group belongs into its Pod. */
export interface PodFacts {
  readonly status: PodStatus;
  /** Annotations to be set; `undefined` takes one away. */
  readonly annotations: Readonly<Record<string, string | undefined>>;
}

export interface StatusContext {
  /** The moment, as RFC 3339 in whole seconds: for conditions that change now. */
  readonly now: string;
  readonly hostIP: string;
}

/** The annotation that names the group of a pod. */
export const instanceIdAnnotation = 'k8s.aliyun.com/eci-instance-id';

/** The Pod's status as the group's state tells it. Depends on nothing but its arguments. */
export function podFacts(pod: Pod, group: ContainerGroup, { now, hostIP }: StatusContext): PodFacts {
  const phase = phases[group.status ?? ''] ?? 'Unknown';
  const containers = statusesOf(pod.spec.containers, group.containers, group);
  const initContainers = statusesOf(
    pod.spec.initContainers ?? [],
    group.initContainers as GroupContainer[] | undefined,
    group,
  );
  const running = phase === 'Running' && group.status !== 'Terminating';
  const allReady = running && containers.every(({ ready }) => ready);
  const initialized = phase !== 'Pending' || initContainers.every(({ state }) => state?.terminated?.exitCode === 0);
  const why = allReady ? undefined : unready(containers, phase);
  const conditions: CoreCondition[] = [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Initialized', status: initialized ? 'True' : 'False' },
    { type: 'ContainersReady', status: allReady ? 'True' : 'False', ...why },
    { type: 'Ready', status: allReady ? 'True' : 'False', ...why },
  ];
  const failure = failureOf(group);
  const status: PodStatus = {
    phase,
    ...failure,
    conditions: conditions.map((condition) => stamp(condition, pod.status?.conditions, now)),
    hostIP,
    ...(group.intranetIp ? { podIP: group.intranetIp, podIPs: [{ ip: group.intranetIp }] } : {}),
    startTime: pod.status?.startTime ?? now,
    containerStatuses: containers,
    ...(initContainers.length > 0 ? { initContainerStatuses: initContainers } : {}),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
  return {
    status,
    annotations: { [instanceIdAnnotation]: group.containerGroupId, [keys.userPort]: otherPort(pod, group) },
  };
}

/** Why a group failed as a whole, beside what its containers tell. */
function failureOf({ status, events = [] }: ContainerGroup): Pick<PodStatus, 'reason' | 'message'> {
  if (status === 'Expired') return { reason: 'BidFailed', message: 'the spot instance was taken back' };
  if (status === 'Failed') {
    const { reason, message } = events.find(({ reason: why }) => why === 'DeadlineExceeded') ?? {};
    return reason === undefined ? {} : { reason, ...(message === undefined ? {} : { message }) };
  }
  if (status !== 'ScheduleFailed') return {};
  const last = events.at(-1);
  return { reason: last?.reason ?? 'ScheduleFailed', message: last?.message ?? 'the group could not be scheduled' };
}

function statusesOf(
  specs: readonly Container[],
  found: readonly GroupContainer[] | undefined,
  group: ContainerGroup,
): ContainerStatus[] {
  return specs.map(({ name, image = '' }) => {
    const container = found?.find((each) => each.name === name);
    const state = containerState(container?.currentState);
    const lastState = containerState(container?.previousState);
    const hasLast =
      Object.keys(lastState.waiting ?? {}).length === 0 && (lastState.terminated ?? lastState.running) !== undefined;
    return {
      name,
      image,
      imageID: '',
      ...(group.containerGroupId ? { containerID: `eci://${group.containerGroupId}-${name}` } : {}),
      ready: container?.ready ?? false,
      started: state.running !== undefined,
      restartCount: container?.restartCount ?? 0,
      state,
      lastState: hasLast ? lastState : {},
    };
  });
}

function containerState(state: GroupContainerState | undefined): ContainerState {
  const { startTime, finishTime, reason, message, exitCode, signal } = state ?? {};
  switch (state?.state) {
    case 'Running':
      return { running: startTime ? { startedAt: startTime } : {} };
    case 'Terminated':
      return {
        terminated: {
          exitCode: exitCode ?? 0,
          ...(signal ? { signal } : {}),
          reason: reason || (exitCode === 0 ? 'Completed' : 'Error'),
          ...(message ? { message } : {}),
          ...(startTime ? { startedAt: startTime } : {}),
          ...(finishTime ? { finishedAt: finishTime } : {}),
        },
      };
    default:
      return { waiting: { reason: reason || 'ContainerCreating', ...(message ? { message } : {}) } };
  }
}

function unready(containers: readonly ContainerStatus[], phase: string): Pick<CoreCondition, 'reason' | 'message'> {
  if (phase === 'Succeeded' || phase === 'Failed')
    return { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
  const names = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names.join(' ')}]` };
}

/** `lastTransitionTime` moves only when the status does. */
function stamp(next: CoreCondition, old: readonly CoreCondition[] | undefined, now: string): CoreCondition {
  const before = old?.find(({ type }) => type === next.type);
  return { ...next, lastTransitionTime: before?.status === next.status ? (before.lastTransitionTime ?? now) : now };
}

/** The port the serving container really has, where the runtime could not give it the one asked for. */
function otherPort(pod: Pod, group: ContainerGroup): string | undefined {
  const serving = pod.spec.containers.find(({ ports }) => ports?.length);
  const asked = serving?.ports?.[0]?.containerPort;
  const real = group.containers?.find(({ name }) => name === serving?.name)?.ports?.[0]?.port;
  return real !== undefined && real !== asked ? String(real) : undefined;
}

function qosClass({ spec }: Pod): string {
  const all = [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources ?? {});
  if (all.every(({ requests, limits }) => !hasAny(requests) && !hasAny(limits))) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    ['cpu', 'memory'].every(
      (name) => limits?.[name] !== undefined && (requests?.[name] ?? limits[name]) === limits[name],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function hasAny(map: object | undefined): boolean {
  return map !== undefined && Object.keys(map).length > 0;
}
