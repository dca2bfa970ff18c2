import { EciError } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { Group } from './group.ts';
import type { GroupStore } from './store.ts';

/** The group that a call names by `ContainerGroupId`. Throws `EciError` if there is none. */
export function requireGroup(parameters: Parameters, store: GroupStore): Group {
  const id = parameters.required('ContainerGroupId');
  const group = store.get(id);
  if (!group) throw new EciError('InvalidContainerGroupId.NotFound', 'There is no container group of that id.', 404);
  return group;
}

/** Throws `EciError` if the group has no such container. */
export function requireContainer({ spec }: Group, name: string): void {
  if (![...spec.initContainers, ...spec.containers].some((container) => container.name === name)) {
    throw new EciError('InvalidContainerName.NotFound', 'The group has no container of that name.', 404);
  }
}
