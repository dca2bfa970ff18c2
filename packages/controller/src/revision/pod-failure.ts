import { type ContainerStatus, type Pod, keys } from '@ebb/api';

/** What a Pod says about why it does not serve. */
export interface PodFailure {
  readonly condition: 'ContainerHealthy' | 'ResourcesAvailable';
  readonly reason: string;
  readonly message: string;
}

/** Reasons of a waiting container that waiting longer does not mend. */
const hopeless: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Reasons of a Pod that was taken away while it ran: it is replaced, and the Revision is not at fault. */
const lost: ReadonlySet<string> = new Set([
  'InstanceLost',
  'BidFailed',
  'Evicted',
  'Preempting',
  'NodeLost',
  'Shutdown',
  'Terminated',
]);

/** True if the Pod counts as an instance: neither on its way out nor told to be. */
export function isInstance({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && metadata.annotations?.[keys.draining] === undefined;
}

/** True if the Pod's `Ready` condition is True. */
export function isPodReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/**
 * Why the Pod cannot serve, as soon as it says so (serving-api.md, section 16.2): it finds no place, the cloud refused it, a
 * container ended, an image cannot be had. `undefined` while it may just be starting, or if it was taken away.
 */
export function podFailure(
  pod: Pod,
  { alwaysSchedulable }: { readonly alwaysSchedulable: boolean },
): PodFailure | undefined {
  if (pod.status?.phase === 'Failed' && lost.has(pod.status.reason ?? '')) return undefined;
  return (alwaysSchedulable ? undefined : unscheduled(pod)) ?? crashed(pod) ?? refused(pod) ?? blocked(pod);
}

function unscheduled({ status }: Pod): PodFailure | undefined {
  const condition = status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False');
  if (!condition) return undefined;
  return {
    condition: 'ResourcesAvailable',
    reason: condition.reason ?? 'Unschedulable',
    message: condition.message ?? '',
  };
}

function crashed({ status }: Pod): PodFailure | undefined {
  for (const container of containersOf(status)) {
    const ended = endOf(container, status?.phase === 'Failed');
    if (!ended) continue;
    const { exitCode, message } = ended;
    const silent = exitCode === 0 ? 'container exited with no error' : `exit code ${exitCode}, and no output`;
    return {
      condition: 'ContainerHealthy',
      reason: `ExitCode${exitCode}`,
      message: `Container failed with: ${message?.trim() || silent}`,
    };
  }
  return undefined;
}

/** How the container last ended, once it was started again or will not be. */
function endOf(
  { state, lastState, restartCount }: ContainerStatus,
  final: boolean,
): { exitCode: number; message?: string } | undefined {
  if (lastState?.terminated) return lastState.terminated;
  return final || restartCount > 0 ? state?.terminated : undefined;
}

/** The cloud would not run it, or has ended it. */
function refused({ status }: Pod): PodFailure | undefined {
  if (!status?.reason || (status.phase !== 'Pending' && status.phase !== 'Failed')) return undefined;
  return { condition: 'ResourcesAvailable', reason: status.reason, message: status.message ?? '' };
}

function blocked({ status }: Pod): PodFailure | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...containersOf(status)];
  for (const { state } of all) {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (hopeless.has(reason)) return { condition: 'ResourcesAvailable', reason, message };
  }
  return undefined;
}

/** What keeps a Pod from being ready, in its own words; `''` if it says nothing. */
export function readinessMessage({ status }: Pod): string {
  const unready = ['Ready', 'ContainersReady'].flatMap(
    (type) => status?.conditions?.find((condition) => condition.type === type && condition.status !== 'True') ?? [],
  );
  return initFailure(status) ?? unready.find(({ message }) => message)?.message ?? '';
}

/** How an init container failed that has not done its work yet: it may only have come too early, and is started again. */
function initFailure(status: Pod['status']): string | undefined {
  for (const { name, state, lastState } of status?.initContainerStatuses ?? []) {
    if (state?.terminated?.exitCode === 0 || !lastState?.terminated) continue;
    const { exitCode, message } = lastState.terminated;
    return `init container "${name}" failed with: ${message?.trim() || `exit code ${exitCode}, and no output`}`;
  }
  return undefined;
}

function containersOf(status: Pod['status']): readonly ContainerStatus[] {
  return status?.containerStatuses ?? [];
}
