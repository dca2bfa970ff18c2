import { type Container, type ContainerState, type ContainerStatus, type Pod, type PodStatus, keys } from '@ebb/api';
import type { ContainerGroup, GroupContainer, GroupContainerState, ImageIds } from '../eci/eci.ts';
import type { Verdict } from '../probes/probe-container.ts';
import { eciPrefix } from '../profile/annotations.ts';
import { ended } from './ended-status.ts';
import { failureOf, podConditions } from './pod-conditions.ts';
import { stampConditions } from './conditions.ts';
import { ephemeralStatuses } from './ephemeral-containers.ts';
import { planProbes } from './probe-plan.ts';
import { isSidecar } from './sidecars.ts';

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
  /** The images its containers run. Default: not known. */
  readonly imageIds?: ImageIds | undefined;
  /** What the node's own probes say of a container; undefined where it has none. Default: it has none. */
  readonly verdictOf?: (container: string) => Verdict | undefined;
}

/** The annotation that names the group of a pod. */
export const instanceIdAnnotation: string = `${eciPrefix}eci-instance-id`;

/** True if the pod tells of a group of its own. One made as a copy of another has that one's annotation, and none of its status. */
export function hadGroup({ metadata, status }: Pod): boolean {
  const id = metadata.annotations?.[instanceIdAnnotation];
  return id !== undefined && (status?.containerStatuses ?? []).some(({ containerID }) => isOfGroup(containerID, id));
}

/** Annotations that tell what became of a pod (serverless-node.md, section 3.2). */
function writtenBack(group: ContainerGroup): Record<string, string | undefined> {
  return {
    [instanceIdAnnotation]: group.containerGroupId,
    // What is paid for: an ECS type, or vCPUs and GiB as in `2-4Gi`.
    [`${eciPrefix}eci-instance-spec`]: specOf(group),
    [`${eciPrefix}eci-vpc`]: group.vpcId,
    [`${eciPrefix}eni-instance-id`]: group.eniInstanceId,
    [`${eciPrefix}allocated-eipAddress`]: group.internetIp || undefined,
    [`${eciPrefix}allocated-ipv6Address`]: group.ipv6Address || undefined,
  };
}

const containerScheme = 'eci://';

function isOfGroup(containerId: string | undefined, groupId: string): boolean {
  return containerId?.startsWith(`${containerScheme}${groupId}-`) ?? false;
}

/** The Pod's status as the group's state tells it. Depends on nothing but its arguments. */
export function podFacts(pod: Pod, group: ContainerGroup, context: StatusContext): PodFacts {
  const { now, hostIP } = context;
  const phase = phases[group.status ?? ''] ?? 'Unknown';
  const failure = failureOf(group);
  const told = (status: ContainerStatus): ContainerStatus => atEnd(status, phase, failure, now);
  const containers = statusesOf(pod.spec.containers, group.containers, { group, ...context }).map(told);
  const inits = pod.spec.initContainers ?? [];
  const found = [...(group.containers ?? []), ...((group.initContainers ?? []) as GroupContainer[])];
  const initContainers = statusesOf(inits, found, { group, ...context })
    .map((status, index) => (isBeside(inits[index]) ? status : initStatus(status)))
    .map(told);
  const conditions = podConditions(pod, { group, phase, containers, initContainers });
  const refused = ephemeralStatuses(pod);
  const status: PodStatus = {
    phase,
    ...failure,
    conditions: stampConditions(conditions, pod, now),
    hostIP,
    ...(group.intranetIp ? { podIP: group.intranetIp, podIPs: [{ ip: group.intranetIp }] } : {}),
    startTime: pod.status?.startTime ?? now,
    containerStatuses: containers,
    ...(initContainers.length > 0 ? { initContainerStatuses: initContainers } : {}),
    ...(refused.length > 0 ? { ephemeralContainerStatuses: refused } : {}),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
  return {
    status,
    annotations: {
      ...writtenBack(group),
      [keys.userPort]: otherPort(pod, group),
    },
  };
}

function statusesOf(
  specs: readonly Container[],
  found: readonly GroupContainer[] | undefined,
  { group, imageIds, verdictOf }: StatusContext & { readonly group: ContainerGroup },
): ContainerStatus[] {
  return specs.map((spec) => {
    const { name, image = '' } = spec;
    const container = found?.find((each) => each.name === name);
    const restartCount = container?.restartCount ?? 0;
    const state = containerState(container?.currentState);
    const lastState = containerState(container?.previousState);
    return {
      name,
      // Of a pod that runs it may have been changed, and ECI starts no container anew for that.
      image: container?.image || image,
      imageID: imageIds?.get(name) ?? '',
      ...(group.containerGroupId
        ? { containerID: `${containerScheme}${group.containerGroupId}-${name}-${restartCount}` }
        : {}),
      ...health(spec, { state, isReady: container?.ready ?? false, verdict: verdictOf?.(name) }),
      restartCount,
      state,
      lastState: lastState.terminated ? { terminated: lastState.terminated } : {},
    };
  });
}

/** Ready is what ECI says and what the node's own probes say, after the start-up. */
function health(
  spec: Container,
  {
    state,
    isReady,
    verdict,
  }: { readonly state: ContainerState; readonly isReady: boolean; readonly verdict: Verdict | undefined },
): Pick<ContainerStatus, 'ready' | 'started'> {
  const running = state.running !== undefined;
  if (!verdict) return { ready: isReady, started: running };
  const inGroup = isReady || !planProbes(spec).readyByGroup;
  return { ready: running && verdict.started && verdict.ready && inGroup, started: running && verdict.started };
}

/** In a group that failed as a whole nothing waits or runs any more, though ECI may say so while it stops it: this is written last. */
function atEnd(
  status: ContainerStatus,
  phase: string,
  { reason, message = '' }: Pick<PodStatus, 'reason' | 'message'>,
  now: string,
): ContainerStatus {
  if (phase !== 'Failed' || reason === undefined || status.state?.terminated) return status;
  return ended(status, { reason, message }, now);
}

function isBeside(container: Container | undefined): boolean {
  return container !== undefined && isSidecar(container);
}

/** An init container is ready when it has succeeded. */
function initStatus(status: ContainerStatus): ContainerStatus {
  return { ...status, ready: status.state?.terminated?.exitCode === 0 };
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

/** The port the serving container really has, where the runtime could not give it the one asked for. */
function otherPort(pod: Pod, group: ContainerGroup): string | undefined {
  const serving = pod.spec.containers.find(({ ports }) => ports?.length);
  const asked = serving?.ports?.[0]?.containerPort;
  const real = group.containers?.find(({ name }) => name === serving?.name)?.ports?.[0]?.port;
  return real !== undefined && real !== asked ? String(real) : undefined;
}

function specOf({ instanceType, cpu, memory }: ContainerGroup): string | undefined {
  if (instanceType) return instanceType;
  return cpu === undefined || memory === undefined ? undefined : `${cpu}-${memory}Gi`;
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
