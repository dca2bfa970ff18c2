import type { Volume, VolumeMount } from '../core.ts';
import {
  type FieldError,
  disallowedFields,
  fieldError,
  invalidValue,
  missingField,
  viaFieldIndex,
} from '../field-error.ts';
import type { ValidationContext } from './context.ts';
import { checkAllowed, repeatedIndexes } from './set-fields.ts';

/** Volumes of the pod by name. */
export type Volumes = ReadonlyMap<string, Volume>;

interface MountContext extends ValidationContext {
  readonly volumes: Volumes;
}

const allowed: ReadonlySet<string> = new Set(['name', 'readOnly', 'mountPath', 'subPath', 'mountPropagation']);
const reservedPaths: ReadonlySet<string> = new Set(['/', '/dev', '/dev/log']);

/** The volume mounts of a container (serving-api.md, section 7.7); paths from the container. */
export function validateVolumeMounts(mounts: readonly VolumeMount[], context: MountContext): FieldError[] {
  const repeated = repeatedIndexes(mounts.map(({ mountPath }) => cleanPath(mountPath)));
  return mounts.flatMap((mount, index) =>
    viaFieldIndex('volumeMounts', index, [
      ...checkAllowed(mount, allowed),
      ...validateVolumeOf(mount, context.volumes),
      ...validatePath(mount.mountPath, { isTaken: repeated.has(index) }),
      ...validatePropagation(mount, context),
    ]),
  );
}

function validateVolumeOf({ name, readOnly = false }: VolumeMount, volumes: Volumes): FieldError[] {
  const volume = volumes.get(name);
  const claim = volume?.['persistentVolumeClaim'];
  const isWritable = Boolean(volume?.['emptyDir'] ?? claim ?? volume?.['ephemeral']);
  const isClaimReadOnly = Boolean(claim && Reflect.get(Object(claim), 'readOnly'));
  return [
    ...(volume ? [] : [fieldError('volumeMount has no matching volume', ['name'])]),
    ...(isWritable || readOnly
      ? []
      : [fieldError('volume mount should be readOnly for this type of volume', ['readOnly'])]),
    ...(isClaimReadOnly && !readOnly ? [fieldError('volume is readOnly but volume mount is not', ['readOnly'])] : []),
  ];
}

function validatePath(path: string, { isTaken }: { readonly isTaken: boolean }): FieldError[] {
  if (path === '') return [missingField('mountPath')];
  const clean = cleanPath(path);
  if (reservedPaths.has(clean)) return [fieldError(`mountPath "${clean}" is a reserved path`, ['mountPath'])];
  if (!path.startsWith('/')) return [invalidValue(path, 'mountPath')];
  return isTaken ? [invalidValue(`"${path}" must be unique`, 'mountPath')] : [];
}

function validatePropagation({ name, mountPropagation = '' }: VolumeMount, { config }: MountContext): FieldError[] {
  if (mountPropagation === '') return [];
  const flag = config.features['kubernetes.podspec-volumes-mount-propagation'];
  const disabled = `Volume Mount Propagation support is disabled, but found volume mount ${name} with mount propagation`;
  const isKnown = ['None', 'HostToContainer'].includes(mountPropagation);
  return [
    ...(flag === 'Enabled' ? [] : [fieldError(disabled, [])]),
    ...(flag === 'Disabled' ? [disallowedFields('mountPropagation')] : []),
    ...(isKnown
      ? []
      : [fieldError('mount propagation should be set to None or HostToContainer', ['mountPropagation'])]),
  ];
}

/** The shortest path that means the same: no empty or `.` parts, `..` taken back. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}
