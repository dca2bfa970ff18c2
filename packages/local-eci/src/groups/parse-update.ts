import type { GroupSpec, VolumeSpec } from '../model.ts';
import { EciError, invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import {
  checkNames,
  parseContainers,
  parseCredentials,
  parseRestartPolicy,
  parseTags,
  parseVolumes,
} from './parse-group.ts';

const types = ['RenewUpdate', 'IncrementalUpdate'] as const;

/**
 * Reads the parameters of `UpdateContainerGroup` (serverless-node.md, section 2.3): the group as it is to be. What is not given
 * stays; lists are given whole, but for the volumes of an `IncrementalUpdate`. Throws `EciError` for what stays as it was made.
 */
export function parseUpdate(parameters: Parameters, spec: GroupSpec): GroupSpec {
  const isWhole = parameters.word('UpdateType', types) !== 'IncrementalUpdate';
  checkSize(parameters, spec);
  const updated: GroupSpec = {
    ...spec,
    restartPolicy: parseRestartPolicy(parameters) ?? spec.restartPolicy,
    initContainers: given(parseContainers(parameters, 'InitContainer')) ?? spec.initContainers,
    containers: given(parseContainers(parameters, 'Container')) ?? spec.containers,
    volumes: updatedVolumes(parseVolumes(parameters, spec.volumes), spec.volumes, isWhole),
    imageCredentials: given(parseCredentials(parameters)) ?? spec.imageCredentials,
    tags: given(parseTags(parameters)) ?? spec.tags,
  };
  checkNames([...updated.initContainers, ...updated.containers], updated.volumes);
  return updated;
}

function given<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** An instance of this machine is billed as what it was made as. */
function checkSize(parameters: Parameters, spec: GroupSpec): void {
  for (const [name, is] of [
    ['Cpu', spec.cpu],
    ['Memory', spec.memory],
  ] as const) {
    if ((parameters.number(name, { min: 0, max: 1024 }) ?? is) === is) continue;
    throw new EciError('InvalidParam.CpuOrMemorySpec', `Here a group keeps its size: its ${name} is ${is}.`);
  }
}

/** Config volumes get other files; no volume is added, taken away or laid elsewhere while there are mounts of it. */
function updatedVolumes(
  changed: readonly VolumeSpec[],
  known: readonly VolumeSpec[],
  isWhole: boolean,
): readonly VolumeSpec[] {
  if (changed.length === 0) return known;
  for (const volume of changed) {
    const before = known.find(({ name }) => name === volume.name);
    if (before && JSON.stringify(before) === JSON.stringify(volume)) continue;
    if (before?.type !== 'ConfigFileVolume' || volume.type !== before.type) {
      throw new EciError('InvalidParameter', `The group has no ConfigFileVolume ${volume.name}.`);
    }
  }
  const missing = known.find(({ name }) => !changed.some((each) => each.name === name));
  if (isWhole && missing) throw invalidParameter('Volume', `${missing.name} cannot be taken away`);
  return known.map((volume) => changed.find(({ name }) => name === volume.name) ?? volume);
}
