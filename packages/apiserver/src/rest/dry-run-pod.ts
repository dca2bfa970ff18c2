import { type Admission, type Pod, StatusError, dryRunRefusal } from '@ebb/api';
import type { Call, Machine } from './call.ts';
import { createObject } from './create.ts';

/** `admission` whose dry-run Pods are tried out on this server, as a webhook tries them out on a real one. */
export function tryingDryRunPods(admission: Admission, machine: () => Machine): Admission {
  return {
    mutate: (request) => admission.mutate(request),
    validate: (request) => {
      const validated = admission.validate(request);
      if (validated.dryRunPod) tryPod(machine(), validated.dryRunPod, request.userName);
      return validated;
    },
  };
}

/** Throws `AdmissionRefusal` if the Pod would not be created. */
function tryPod(machine: Machine, pod: Pod, userName: string): void {
  const info = machine.registry.find('', 'v1', 'pods');
  if (!info) return;
  const call: Call = {
    info,
    namespace: pod.metadata.namespace ?? '',
    name: '',
    subresource: '',
    query: new URLSearchParams(),
    userName,
    manager: 'ebb-webhook',
    dryRun: true,
    fieldValidation: 'Ignore',
    warnings: [],
  };
  try {
    createObject(machine, call, pod);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const refusal = dryRunRefusal(error);
    if (refusal) throw refusal;
  }
}
