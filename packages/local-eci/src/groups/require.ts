import { EciError, invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { Group } from './group.ts';
import type { GroupStore } from './store.ts';

interface Region {
  readonly store: GroupStore;
  readonly regionId: string;
}

/** What makes a call that is sent again the same one. Throws `EciError`. */
export function clientTokenOf(parameters: Parameters): string | undefined {
  const token = parameters.string('ClientToken', { maxLength: 64 });
  if (token === undefined || /^[\x20-\x7e]+$/.test(token)) return token;
  throw invalidParameter('ClientToken', 'it has other than ASCII characters');
}

/** The group that a call names by `RegionId` and `ContainerGroupId`. Throws `EciError` if there is none. */
export function requireGroup(parameters: Parameters, region: Region): Group {
  parameters.required('RegionId');
  return groupAskedFor(parameters, region);
}

/** As `requireGroup`, for actions that may leave `RegionId` out. */
export function groupAskedFor(parameters: Parameters, { store, regionId }: Region): Group {
  checkRegion(parameters.string('RegionId') ?? regionId, regionId);
  return groupOf(store, parameters.required('ContainerGroupId'));
}

/** The group of that id. Throws `EciError` if there is none. */
export function groupOf(store: GroupStore, id: string): Group {
  const group = store.get(id);
  if (!group) throw new EciError('InvalidContainerGroupId.NotFound', 'There is no container group of that id.', 404);
  return group;
}

/** Throws `EciError` for another region than this one. */
export function checkRegion(asked: string, regionId: string): void {
  if (asked !== regionId) {
    throw new EciError('InvalidRegionId.NotFound', `This ECI is of region ${regionId}, not of the one asked for.`, 404);
  }
}

/** Throws `EciError` if the group has no such container. */
export function requireContainer({ spec }: Group, name: string): void {
  if (![...spec.initContainers, ...spec.containers].some((container) => container.name === name)) {
    throw new EciError('InvalidContainerName.NotFound', 'The group has no container of that name.', 404);
  }
}
