import { type Admission, type AdmissionRequest, keys } from '@ebb/api';
import type { Machine } from './call.ts';

/** `admission` that is not asked about what is in Namespaces that leave themselves out (serving-api.md, section 2). */
export function skippingExcluded(admission: Admission, machine: () => Machine): Admission {
  const isExcluded = ({ object: { metadata } }: AdmissionRequest): boolean => {
    const namespace = machine()
      .storage.table('namespaces')
      .get('', metadata.namespace ?? '');
    return namespace?.object.metadata.labels?.[keys.excluded] !== undefined;
  };
  return {
    mutate: (request) => (isExcluded(request) ? request.object : admission.mutate(request)),
    validate: (request) => (isExcluded(request) ? { warnings: [] } : admission.validate(request)),
  };
}
