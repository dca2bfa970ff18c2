import type { FeatureName, FeaturesConfig, Flag } from '../config/features.ts';
import type { Container, Volume } from '../core.ts';
import {
  type FieldError,
  fieldError,
  invalidValue,
  missingField,
  missingOneOf,
  multipleOneOf,
  viaField,
  viaFieldIndex,
} from '../field-error.ts';
import { isQuantity, parseQuantity } from '../quantity.ts';
import type { RevisionSpec } from '../serving.ts';
import type { ValidationContext } from './context.ts';
import { checkDns1123Label } from './names.ts';
import { validateItems, validateProjected } from './projected.ts';
import { checkAllowed, isSet, repeatedIndexes, setAmong } from './set-fields.ts';

const plainSources = ['secret', 'configMap', 'projected'];

/** Sources behind a flag, and their names in texts. */
const flaggedSources: readonly { source: string; flag: FeatureName; kind: string }[] = [
  { source: 'emptyDir', flag: 'kubernetes.podspec-volumes-emptydir', kind: 'EmptyDir' },
  {
    source: 'persistentVolumeClaim',
    flag: 'kubernetes.podspec-persistent-volume-claim',
    kind: 'Persistent volume claim',
  },
  { source: 'hostPath', flag: 'kubernetes.podspec-volumes-hostpath', kind: 'HostPath' },
  { source: 'csi', flag: 'kubernetes.podspec-volumes-csi', kind: 'CSI' },
  { source: 'ephemeral', flag: 'kubernetes.podspec-volumes-ephemeral', kind: 'Ephemeral' },
  { source: 'image', flag: 'kubernetes.podspec-volumes-image', kind: 'Image' },
];

/** The volumes of a pod (serving-api.md, section 7.8); paths from the pod spec. */
export function validateVolumes(spec: RevisionSpec, { config }: ValidationContext): FieldError[] {
  const volumes = spec.volumes ?? [];
  const mounted = mountedNames([...spec.containers, ...(spec.initContainers ?? [])]);
  const repeated = repeatedIndexes(volumes.map(({ name }) => name));
  return volumes.flatMap((volume, index) => [
    ...refuseDisabled(volume, config.features),
    ...viaFieldIndex('volumes', index, [
      ...validateName(volume.name, {
        isTaken: repeated.has(index),
        isMounted: mounted.has(volume.name),
      }),
      ...validateSource(volume, config.features),
    ]),
  ]);
}

function mountedNames(containers: readonly Container[]): ReadonlySet<string> {
  return new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
}

function validateName(
  name: string,
  { isTaken, isMounted }: { readonly isTaken: boolean; readonly isMounted: boolean },
): FieldError[] {
  const isLabel = checkDns1123Label(name).length === 0;
  return [
    ...(name === '' ? [missingField('name')] : isLabel ? [] : [invalidValue(name, 'name')]),
    ...(isTaken ? [fieldError(`duplicate volume name "${name}"`, ['name'])] : []),
    ...(isMounted ? [] : [fieldError(`volume with name "${name}" not mounted`, ['name'])]),
  ];
}

function refuseDisabled(volume: Volume, features: FeaturesConfig): FieldError[] {
  const claim = asObject(volume['persistentVolumeClaim']);
  const refusals = flaggedSources
    .filter(({ source, flag }) => isSet(volume[source]) && features[flag] !== 'Enabled')
    .map(({ source, kind }) =>
      source === 'persistentVolumeClaim'
        ? `Persistent volume claim support is disabled, but found persistent volume claim ${textOf(claim['claimName'])}`
        : `${kind} volume support is disabled, but found ${kind} volume ${volume.name}`,
    );
  const writes = isSet(volume['persistentVolumeClaim']) && claim['readOnly'] !== true;
  const mayWrite = features['kubernetes.podspec-persistent-volume-write'] === 'Enabled';
  const write = `Persistent volume write support is disabled, but found persistent volume claim ${textOf(claim['claimName'])} that is not read-only`;
  return [...refusals, ...(writes && !mayWrite ? [write] : [])].map((message) => fieldError(message, []));
}

/** A source whose flag is off counts as given: saying that one is missing would be no help. */
function validateSource(volume: Volume, features: FeaturesConfig): FieldError[] {
  const sourcesWhere = (holds: (flag: Flag) => boolean): string[] => [
    ...plainSources,
    ...flaggedSources.filter(({ flag }) => holds(features[flag])).map(({ source }) => source),
  ];
  const given = setAmong(
    volume,
    sourcesWhere(() => true),
  );
  return [
    ...checkAllowed(volume, new Set(['name', ...sourcesWhere((flag) => flag !== 'Disabled')])),
    ...(given.length === 0 ? [missingOneOf(...sourcesWhere((flag) => flag === 'Enabled'))] : []),
    ...(given.length > 1 ? [multipleOneOf(...given)] : []),
    ...validateInside(volume),
  ];
}

function validateInside(volume: Volume): FieldError[] {
  return [
    ...validateItems(asObject(volume['secret'])['items']),
    ...validateItems(asObject(volume['configMap'])['items']),
    ...validateProjected(asObject(volume['projected'])['sources']),
    ...viaField('emptyDir', validateEmptyDir(asObject(volume['emptyDir']))),
    ...(isSet(volume['image']) ? viaField('image', validateImageVolume(asObject(volume['image']))) : []),
  ];
}

function validateEmptyDir({ medium = '', sizeLimit = 0 }: Record<string, unknown>): FieldError[] {
  const size = textOf(sizeLimit);
  const isBadSize = !isQuantity(size) || parseQuantity(size) < 0;
  return [
    ...(medium === '' || medium === 'Memory' ? [] : [invalidValue(textOf(medium), 'medium')]),
    ...(isBadSize ? [invalidValue(size, 'sizeLimit')] : []),
  ];
}

const pullPolicies: ReadonlySet<unknown> = new Set(['', 'Always', 'IfNotPresent', 'Never']);

function validateImageVolume({ reference = '', pullPolicy = '' }: Record<string, unknown>): FieldError[] {
  return [
    ...(reference === '' ? [missingField('reference')] : []),
    ...(pullPolicies.has(pullPolicy) ? [] : [invalidValue(textOf(pullPolicy), 'pullPolicy')]),
  ];
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
