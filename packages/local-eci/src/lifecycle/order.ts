import type { ContainerSpec } from '../model.ts';

/**
 * The variables by which a container of a group says when it starts and ends beside the others: those with a larger figure
 * before those with a smaller. What starts later waits until what starts earlier runs, and is ready if it has a probe for that.
 */
const variables = { launch: 'ECI_CONTAINER_LAUNCH_PRIORITY', exit: 'ECI_CONTAINER_EXIT_PRIORITY' } as const;

/** Containers in their order of starting or ending; those of one place together. */
export function inOrder<Item>(
  items: readonly Item[],
  moment: keyof typeof variables,
  specOf: (item: Item) => ContainerSpec,
): Item[][] {
  const priorities = items.map((item) => Number(valueOf(specOf(item), variables[moment])) || 0);
  const places = [...new Set(priorities)].toSorted((a, b) => b - a);
  return places.map((place) => items.filter((_item, index) => priorities[index] === place));
}

/** True if it is ended once nothing else runs, or will. */
export function isSidecar(spec: ContainerSpec): boolean {
  return valueOf(spec, 'ECI_CONTAINER_TYPE') === 'sidecar';
}

/** True if it has succeeded however it ended. */
export function ignoresExitCode(spec: ContainerSpec): boolean {
  return valueOf(spec, 'ECI_CONTAINER_IGNORE_EXIT_CODE') === 'true';
}

function valueOf({ env }: ContainerSpec, name: string): string | undefined {
  return env.findLast(({ key }) => key === name)?.value;
}
