import type { Group } from '../groups/group.ts';
import type { ContainerState, ContainerStatus, GroupPhase } from '../model.ts';
import { statusOf } from './container-group.ts';
import { eciTime } from './time.ts';

/** One item of the answer to `DescribeContainerGroupStatus`: the group in the shape of a Kubernetes PodStatus. */
export function groupStatusAnswer(group: Group): object {
  const tag = (key: string): string | undefined => group.spec.tags.find((each) => each.key === key)?.value;
  return {
    ContainerGroupId: group.id,
    Status: group.status,
    Name: tag('PodName') ?? group.spec.name,
    Namespace: tag('NameSpace') ?? '',
    uuid: tag('UID') ?? '',
    PodStatus: podStatus(group),
  };
}

function podStatus(group: Group): object {
  const { state, spec } = group;
  const containers = spec.containers.map((each) => ({ spec: each, status: statusOf(state.containers, each) }));
  const ip = state.ip;
  return {
    Phase: podPhase(state.phase),
    QosClass: 'Guaranteed',
    ...(ip === undefined ? {} : { PodIp: ip, HostIp: ip, PodIps: [{ Ip: ip }] }),
    ...(state.startedAtMs === undefined ? {} : { StartTime: eciTime(state.startedAtMs) }),
    Conditions: conditions(group),
    ContainerStatuses: containers.map(({ spec: { image }, status }) => ({
      Name: status.name,
      Image: image,
      ImageID: status.imageId ?? '',
      Ready: status.ready,
      Started: status.current.state === 'Running',
      RestartCount: status.restartCount,
      State: stateAnswer(status.current),
      LastState: status.previous ? stateAnswer(status.previous) : {},
    })),
  };
}

/** The table of serverless-node.md, section 2.4. */
function podPhase(phase: GroupPhase): string {
  switch (phase) {
    case 'Scheduling':
    case 'ScheduleFailed':
    case 'Pending':
    case 'Restarting':
      return 'Pending';
    case 'Expired':
      return 'Failed';
    default:
      return phase;
  }
}

function conditions({ state, createdAtMs, expiresAtMs }: Group): object[] {
  const there = state.phase !== 'Scheduling' && state.phase !== 'ScheduleFailed';
  const initialized = there && state.initContainers.every(({ current }) => isSuccess(current));
  const ready = state.phase === 'Running' && state.containers.every((container) => container.ready);
  const waiting = there ? {} : { Reason: state.reason ?? 'Creating', Message: state.message ?? '' };
  const thereAtMs = state.startedAtMs ?? createdAtMs;
  const readyAtMs = lastStep(state.containers, thereAtMs);
  return [
    { ...condition('ContainerInstanceCreated', there, thereAtMs), ...waiting },
    condition('PodScheduled', true, createdAtMs),
    ...(expiresAtMs === undefined
      ? []
      : [{ ...condition('ContainerInstanceExpired', true, expiresAtMs), Reason: 'SpotToBeReleased' }]),
    condition('PodReadyToStartContainers', there, thereAtMs),
    condition('Initialized', initialized, lastStep(state.initContainers, thereAtMs)),
    condition('ContainersReady', ready, readyAtMs),
    condition('Ready', ready, readyAtMs),
  ];
}

/** The names are the wire's own: small, but for `Reason` and `Message` (so the official SDKs read them). */
function condition(type: string, met: boolean, sinceMs: number): object {
  return { type, status: met ? 'True' : 'False', lastTransitionTime: eciTime(sinceMs) };
}

/** When one of the containers last began or ended, if any did. */
function lastStep(containers: readonly ContainerStatus[], otherwiseMs: number): number {
  const steps = containers.map(({ current }) =>
    current.state === 'Waiting' ? 0 : current.state === 'Running' ? current.startedAtMs : current.finishedAtMs,
  );
  return Math.max(otherwiseMs, ...steps);
}

function isSuccess(state: ContainerState): boolean {
  return state.state === 'Terminated' && state.exitCode === 0;
}

function stateAnswer(state: ContainerState): object {
  switch (state.state) {
    case 'Waiting':
      return { Waiting: { Reason: state.reason, Message: state.message } };
    case 'Running':
      // The wire's own name for startedAt (serverless-node.md, section 2.1).
      return { Running: { StartedAtstartedAt: eciTime(state.startedAtMs) } };
    case 'Terminated':
      return {
        Terminated: {
          ExitCode: state.exitCode,
          ...(state.signal === undefined ? {} : { Signal: state.signal }),
          Reason: state.reason,
          Message: state.message,
          StartedAt: eciTime(state.startedAtMs),
          FinishedAt: eciTime(state.finishedAtMs),
        },
      };
  }
}
