import {
  type ContainerSpec,
  type GroupSpec,
  type ImageCredential,
  type RestartPolicy,
  type SpotSpec,
  type Tag,
  type VolumeSpec,
  computeCategories,
  spotStrategies,
} from '../model.ts';
import { EciError, invalidParameter, missingParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import { checkUnused } from './check-unused.ts';
import { parseContainer } from './parse-container.ts';
import { parseNames } from './parse-names.ts';
import { parseCredential, parseVolume } from './parse-volume.ts';

/** Limits of one group (serverless-node.md, section 2.2). */
const maxContainers = 20;
const maxVolumes = 20;
const maxTags = 20;
const maxCredentials = 20;
const maxVSwitches = 10;

/** Fields that this ECI keeps and tells back, and makes no use of. */
const labels = [
  'ZoneId',
  'SecurityGroupId',
  'ResourceGroupId',
  'RamRoleName',
  'HostName',
  'ImageSnapshotId',
  'AutoMatchImageCache',
  'GpuDriverVersion',
] as const;

/** Reads and checks the parameters of `CreateContainerGroup`. Throws `EciError` naming what is wrong. */
export function parseGroup(parameters: Parameters): GroupSpec {
  const containers = parseContainers(parameters, 'Container');
  if (containers.length === 0) throw missingParameter('Container.1.Name');
  const initContainers = parseContainers(parameters, 'InitContainer');
  const volumes = parseVolumes(parameters);
  checkNames([...initContainers, ...containers], volumes);
  const categories = parseCategories(parameters);
  checkUnused(parameters);
  const ephemeralStorage = parameters.integer('EphemeralStorage', { min: 0, max: 5000 });
  const deadline = parameters.integer('ActiveDeadlineSeconds', { min: 1, max: 2 ** 31 });
  return {
    name: parseName(parameters),
    regionId: parameters.required('RegionId'),
    ...parseSize(parameters, containers),
    instanceTypes: words(parameters.string('InstanceType')),
    ...(categories.length === 0 ? {} : { computeCategories: categories }),
    vSwitchIds: parseVSwitches(parameters),
    scheduleRandom: parameters.word('ScheduleStrategy', ['VSwitchOrdered', 'VSwitchRandom']) !== 'VSwitchOrdered',
    ...parseSpot(parameters),
    restartPolicy: parseRestartPolicy(parameters) ?? 'Always',
    terminationGracePeriodSeconds: parameters.integer('TerminationGracePeriodSeconds', { min: 0, max: 86_400 }) ?? 30,
    ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
    maxPendingMinutes: parameters.integer('MaxPendingMinute', { min: 10, max: 1440 }) ?? 240,
    ...(ephemeralStorage === undefined ? {} : { ephemeralStorage }),
    initContainers,
    containers,
    volumes,
    imageCredentials: parseCredentials(parameters),
    tags: parseTags(parameters),
    ...parseNames(parameters),
    labels: parseLabels(parameters),
  };
}

/** The containers of a group, or those of an update. */
export function parseContainers(parameters: Parameters, list: 'Container' | 'InitContainer'): ContainerSpec[] {
  return parameters.list(list, { max: maxContainers }).map(parseContainer);
}

/** When containers are started anew; undefined if that is not said. */
export function parseRestartPolicy(parameters: Parameters): RestartPolicy | undefined {
  return parameters.word('RestartPolicy', ['Always', 'OnFailure', 'Never']);
}

/** The volumes of a group, or those of an update of `known` ones. */
export function parseVolumes(parameters: Parameters, known: readonly VolumeSpec[] = []): VolumeSpec[] {
  return parameters.list('Volume', { max: maxVolumes }).map((volume) => parseVolume(volume, known));
}

/** Whom a group's images are pulled as, or are to be from an update on. */
export function parseCredentials(parameters: Parameters): ImageCredential[] {
  return parameters.list('ImageRegistryCredential', { max: maxCredentials }).map(parseCredential);
}

/** The tags of a call: those of a new group, or those a list is filtered by. */
export function parseTags(parameters: Parameters): Tag[] {
  const tags = parameters.list('Tag', { max: 1000 }).map((tag) => ({
    key: tag.required('Key', { maxLength: 128 }),
    value: tag.string('Value', { maxLength: 256 }) ?? '',
  }));
  checkTagCount(tags);
  const twice = duplicate(tags.map(({ key }) => key));
  if (twice !== undefined) throw invalidParameter('Tag', `two have the key ${twice}`);
  return tags;
}

/** Throws `EciError` for more tags than a group may have. */
export function checkTagCount(tags: readonly Tag[]): void {
  if (tags.length > maxTags) throw new EciError('NumberExceed.Tags', `There are more than ${maxTags} tags.`);
}

function parseName(parameters: Parameters): string {
  const name = parameters.required('ContainerGroupName');
  if (!/^[a-z0-9][a-z0-9-]{0,126}[a-z0-9]$/.test(name)) {
    throw invalidParameter('ContainerGroupName', '2 to 128 of a-z, 0-9 and hyphens, none at an end');
  }
  return name;
}

/** The group's own figures, else the sum of its containers', else 2 vCPU and 4 GiB. */
function parseSize(parameters: Parameters, containers: readonly ContainerSpec[]): { cpu: number; memory: number } {
  const sum = (part: 'cpu' | 'memory'): number => containers.reduce((total, each) => total + (each[part] ?? 0), 0);
  const size = (name: 'Cpu' | 'Memory', part: 'cpu' | 'memory', otherwise: number): number =>
    parameters.number(name, { min: 0, max: 1024 }) ?? (sum(part) || otherwise);
  const cpu = size('Cpu', 'cpu', 2);
  if (cpu > 64) throw new EciError('InvalidParameter.CPU.Memory', 'A group has at most 64 vCPU.');
  return { cpu, memory: size('Memory', 'memory', 4) };
}

function parseCategories(parameters: Parameters): (typeof computeCategories)[number][] {
  return parameters.strings('ComputeCategory', { max: computeCategories.length }).map((name) => {
    const category = computeCategories.find((each) => each === name);
    if (category) return category;
    throw invalidParameter('ComputeCategory', `must be of ${computeCategories.join(', ')}`);
  });
}

function parseVSwitches(parameters: Parameters): string[] {
  const ids = words(parameters.string('VSwitchId'));
  if (ids.length <= maxVSwitches) return ids;
  throw invalidParameter('VSwitchId', `more than ${maxVSwitches} vSwitches`);
}

function parseSpot(parameters: Parameters): { spot?: SpotSpec } {
  const strategy = parameters.word('SpotStrategy', spotStrategies) ?? 'NoSpot';
  if (strategy === 'NoSpot') return {};
  const priceLimit = parameters.number('SpotPriceLimit', { min: 0, max: 1e6 });
  if (priceLimit !== undefined && !/^\d+(\.\d{1,3}0*)?$/.test(parameters.required('SpotPriceLimit'))) {
    throw invalidParameter('SpotPriceLimit', 'it has more than three decimals');
  }
  if (strategy === 'SpotWithPriceLimit' && priceLimit === undefined) throw missingParameter('SpotPriceLimit');
  const durationHours = parameters.integer('SpotDuration', { min: 0, max: 6 }) ?? 1;
  const limit = strategy === 'SpotWithPriceLimit' && priceLimit !== undefined ? { priceLimit } : {};
  return { spot: { strategy, durationHours, ...limit } };
}

/** A comma separated list. */
function words(text = ''): string[] {
  return text.split(',').flatMap((word) => word.trim() || []);
}

function parseLabels(parameters: Parameters): Record<string, string> {
  const given = labels.map((name) => [name, parameters.string(name)] as const);
  return Object.fromEntries(given.filter((pair): pair is [(typeof labels)[number], string] => pair[1] !== undefined));
}

/** Throws `EciError` for a name given twice, or a mount of no volume. */
export function checkNames(containers: readonly ContainerSpec[], volumes: readonly VolumeSpec[]): void {
  const twice = duplicate(containers.map(({ name }) => name));
  if (twice) throw new EciError('InvalidParameter.DuplicatedName', `Two containers are named ${twice}.`);
  const volume = duplicate(volumes.map(({ name }) => name));
  if (volume) throw new EciError('InvalidParameter.DuplicatedVolumeName', `Two volumes are named ${volume}.`);
  const known = new Set(volumes.map(({ name }) => name));
  for (const container of containers) {
    for (const { name } of container.volumeMounts) {
      if (!known.has(name)) throw invalidParameter(`VolumeMount of ${container.name}`, `there is no volume ${name}`);
    }
  }
}

function duplicate(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
