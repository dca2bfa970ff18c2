import type { ContainerStatus, CoreCondition, Pod, PodStatus } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import { isSidecar } from './sidecars.ts';

/** ECI's event, and reason, when a spot instance is to be taken back. */
export const spotNotice = 'SpotToBeReleased';

interface Facts {
  readonly group: ContainerGroup;
  readonly phase: string;
  readonly containers: readonly ContainerStatus[];
  readonly initContainers: readonly ContainerStatus[];
}

/** The conditions of a pod that a kubelet sets, and that its instance will be taken back. */
export function podConditions(pod: Pod, { group, phase, containers, initContainers }: Facts): CoreCondition[] {
  const running = phase === 'Running' && group.status !== 'Terminating';
  const sidecars = new Set(pod.spec.initContainers?.filter(isSidecar).map(({ name }) => name));
  const together = [...initContainers.filter(({ name }) => sidecars.has(name)), ...containers];
  const areReady = running && together.every(({ ready }) => ready);
  const uninitialized = initContainers
    .filter((status) => !(sidecars.has(status.name) ? hasBegun(status) : status.ready))
    .map(({ name }) => name);
  // A pod that fails in the beginning never was.
  const initialized = phase === 'Running' || phase === 'Succeeded' || uninitialized.length === 0;
  const why = areReady ? undefined : unready(together, phase);
  const closed = why ?? closedGates(pod);
  return [
    { type: 'PodReadyToStartContainers', status: group.intranetIp ? 'True' : 'False' },
    { type: 'Initialized', ...(initialized ? { status: 'True' } : incomplete(uninitialized)) },
    { type: 'Ready', status: closed ? 'False' : 'True', ...closed },
    { type: 'ContainersReady', status: areReady ? 'True' : 'False', ...why },
    scheduled(group),
    ...expiring(group),
  ];
}

function hasBegun({ started, state }: ContainerStatus): boolean {
  return started === true || state?.terminated !== undefined;
}

/** Events that tell of an end that is not the containers' doing: too long, or the machine below failed. */
const endings = /^(DeadlineExceeded$|InstanceFailure|SystemFailure)/;

/** Why a group failed as a whole, beside what its containers tell. */
export function failureOf({ status, events = [] }: ContainerGroup): Pick<PodStatus, 'reason' | 'message'> {
  if (status === 'Expired') return { reason: 'BidFailed', message: 'the spot instance was taken back' };
  if (status === 'Failed') {
    const { reason, message } = events.find(({ reason: why = '' }) => endings.test(why)) ?? {};
    return reason === undefined ? {} : { reason, ...(message === undefined ? {} : { message }) };
  }
  if (status !== 'ScheduleFailed') return {};
  const last = events.at(-1);
  return { reason: last?.reason ?? 'ScheduleFailed', message: last?.message ?? 'the group could not be scheduled' };
}

function incomplete(names: readonly string[]): Pick<CoreCondition, 'status' | 'reason' | 'message'> {
  const message = `containers with incomplete status: [${names.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

/** Why a pod whose containers are ready is not: others have a say in it; undefined if they agree. */
function closedGates({ spec, status }: Pod): Pick<CoreCondition, 'reason' | 'message'> | undefined {
  const gates = (spec['readinessGates'] ?? []) as readonly { readonly conditionType: string }[];
  const messages = gates.flatMap(({ conditionType }) => {
    const found = status?.conditions?.find(({ type }) => type === conditionType);
    if (found?.status === 'True') return [];
    return found
      ? `the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  return messages.length > 0 ? { reason: 'ReadinessGatesNotReady', message: messages.join(', ') } : undefined;
}

/** A spot instance that is about to be taken back, or was (serverless-node.md, section 2.8). */
function expiring({ events = [], status }: ContainerGroup): CoreCondition[] {
  const notice = events.find(({ reason }) => reason === spotNotice);
  if (!notice && status !== 'Expired') return [];
  const message = notice?.message ?? 'the spot instance was taken back';
  return [{ type: 'ContainerInstanceExpired', status: 'True', reason: spotNotice, message }];
}

/** A group that found no room is a pod that was not scheduled. */
function scheduled(group: ContainerGroup): CoreCondition {
  if (group.status !== 'ScheduleFailed') return { type: 'PodScheduled', status: 'True' };
  const { message = '' } = failureOf(group);
  return { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
}

function unready(containers: readonly ContainerStatus[], phase: string): Pick<CoreCondition, 'reason' | 'message'> {
  if (phase === 'Succeeded' || phase === 'Failed')
    return { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
  const names = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  return { reason: 'ContainersNotReady', message: `containers with unready status: [${names.join(' ')}]` };
}
