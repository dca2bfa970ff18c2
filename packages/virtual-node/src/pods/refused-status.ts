import type { Pod, PodStatus } from '@ebb/api';
import type { EciError } from '../eci/error.ts';
import { MissingReference } from './environment.ts';

/** The status of a pod that could not be given a group: it goes on waiting, and says for what. */
export function refusedStatus(pod: Pod, error: EciError | MissingReference): PodStatus {
  if (!(error instanceof MissingReference)) {
    return { phase: 'Pending', reason: 'ProviderFailed', message: `${error.code}: ${error.message}` };
  }
  const waiting = { reason: 'CreateContainerConfigError', message: error.message };
  return {
    phase: 'Pending',
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting },
      lastState: {},
    })),
  };
}
