import type { Pod } from '@ebb/api';
import { HttpError } from './http-error.ts';

/** What the kubelet knows of the node's pods. */
export interface NodePods {
  /** The node's pods. */
  readonly pods: () => readonly Pod[];
  /** The id of a pod's container group. */
  readonly groupOf: (pod: Pod) => string | undefined;
}

/** The pod of that name, or undefined. */
export function findPod({ pods }: NodePods, namespace: string, name: string): Pod | undefined {
  return pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

/** Where a container is running. Throws `HttpError`, in kubelet's words, if there is none. */
export function runningGroup(
  known: NodePods,
  { namespace, name, container }: { readonly namespace: string; readonly name: string; readonly container: string },
): { readonly pod: Pod; readonly groupId: string } {
  const pod = findPod(known, namespace, name);
  if (!pod) throw new HttpError(404, 'pod does not exist');
  const groupId = known.groupOf(pod);
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const isRunning = statuses.some((status) => status.name === container && status.state?.running);
  if (groupId === undefined || !isRunning)
    throw new HttpError(500, `container not found (${JSON.stringify(container)})`);
  return { pod, groupId };
}
