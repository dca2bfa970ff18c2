import type { PodState } from '@ebb/activator';
import { type Pod, keys } from '@ebb/api';
import { servingContainer } from './read-revision.ts';

const defaultPort = 8080;

/** What the activator must know of a pod; undefined while it has no address. */
export function readPod({ metadata, spec, status }: Pod): PodState | undefined {
  const { name = '', annotations = {}, deletionTimestamp } = metadata;
  if (!status?.podIP) return undefined;
  const port = Number(
    annotations[keys.userPort] ?? servingContainer(spec.containers)?.ports?.[0]?.containerPort ?? defaultPort,
  );
  const over = status.phase === 'Succeeded' || status.phase === 'Failed';
  return {
    name,
    address: { host: status.podIP, port },
    ready: status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false,
    draining: over || deletionTimestamp !== undefined || keys.draining in annotations,
  };
}

/** `namespace/name` of the revision a pod belongs to. */
export function revisionKeyOf({ metadata: { namespace = '', labels = {} } }: Pod): string | undefined {
  const revision = labels[keys.revision];
  return revision ? `${namespace}/${revision}` : undefined;
}
