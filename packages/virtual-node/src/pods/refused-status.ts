import type { ContainerStatus, CoreCondition, Pod, PodStatus } from '@ebb/api';
import { EciError } from '../eci/error.ts';
import { stampConditions } from './conditions.ts';
import { MissingReference } from './missing.ts';

/** The status of a pod that could not be given a group: it goes on waiting, and says for what. */
export function refusedStatus(pod: Pod, error: Error, now: string): PodStatus {
  const startTime = pod.status?.startTime ?? now;
  if (!(error instanceof MissingReference)) {
    const code = error instanceof EciError ? `${error.code}: ` : '';
    return { phase: 'Pending', reason: 'ProviderFailed', message: `${code}${error.message}`, startTime };
  }
  const { message, container } = error;
  const status = (name: string, image: string): ContainerStatus => ({
    name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: {
      waiting:
        name === container
          ? { reason: 'CreateContainerConfigError', message }
          : { reason: 'ContainerCreating', message },
    },
    lastState: {},
  });
  const { containers, initContainers = [] } = pod.spec;
  return {
    phase: 'Pending',
    startTime,
    conditions: stampConditions([{ type: 'PodScheduled', status: 'True' }], pod, now),
    containerStatuses: containers.map(({ name, image = '' }) => status(name, image)),
    ...(initContainers.length > 0
      ? { initContainerStatuses: initContainers.map(({ name, image = '' }) => status(name, image)) }
      : {}),
  };
}

/** The status of a pod there is no room for. */
export function unschedulableStatus(pod: Pod, message: string, now: string): PodStatus {
  const condition: CoreCondition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  return { phase: 'Pending', conditions: stampConditions([condition], pod, now) };
}
