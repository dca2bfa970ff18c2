import type { Container, PodSpec } from '@ebb/api';

/** True for an init container that goes on running beside the others (`core/v1`, since 1.28). */
export function isSidecar(container: Container): boolean {
  return (container as { readonly restartPolicy?: string }).restartPolicy === 'Always';
}

/** The containers of a pod as ECI parts them: those that end before the others start, and those that run side by side. */
export interface ContainerParts {
  readonly first: readonly Container[];
  /** Sidecars before the others, in their order. */
  readonly together: readonly Container[];
}

/** Parts a pod's containers. */
export function partContainers({ containers, initContainers = [] }: PodSpec): ContainerParts {
  return {
    first: initContainers.filter((container) => !isSidecar(container)),
    together: [...initContainers.filter(isSidecar), ...containers],
  };
}

/** The init containers that would find sidecars running in Kubernetes, and none in ECI, which starts these later. */
export function afterSidecars({ initContainers = [] }: PodSpec): readonly Container[] {
  const first = initContainers.findIndex(isSidecar);
  return first < 0 ? [] : initContainers.slice(first).filter((container) => !isSidecar(container));
}

/** ECI's largest. */
const maxPriority = 1000;

/**
 * What tells ECI that a container is a sidecar: variables by which it starts one after the other before the rest, and ends them
 * in reverse after it, once nothing else runs or will; how it ends then does not count. Empty for other containers.
 */
export function sidecarVariables(container: Container, { initContainers = [] }: PodSpec): ReadonlyMap<string, string> {
  const index = initContainers.filter(isSidecar).indexOf(container);
  if (index < 0) return new Map();
  return new Map([
    ['ECI_CONTAINER_TYPE', 'sidecar'],
    ['ECI_CONTAINER_IGNORE_EXIT_CODE', 'true'],
    ['ECI_CONTAINER_LAUNCH_PRIORITY', String(maxPriority - index)],
    ['ECI_CONTAINER_EXIT_PRIORITY', String(index - maxPriority)],
  ]);
}
