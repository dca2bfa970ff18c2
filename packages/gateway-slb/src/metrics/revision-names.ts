import { type Revision, keys } from '@ebb/api';
import type { Informer } from '@ebb/kube';

/** A revision by name, and what it belongs to; empty where it belongs to nothing, or is gone. */
export interface RevisionNames {
  readonly namespace: string;
  readonly revision: string;
  readonly service: string;
  readonly configuration: string;
}

/** The names of the revision with this key. */
export function revisionNames(revisions: Informer<Revision>, key: string): RevisionNames {
  const [namespace = '', revision = ''] = key.split('/');
  const labels = revisions.get(namespace, revision)?.metadata.labels ?? {};
  return {
    namespace,
    revision,
    service: labels[keys.service] ?? '',
    configuration: labels[keys.configuration] ?? '',
  };
}
