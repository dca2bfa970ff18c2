import { type JsonObject, objectOf, stringOf } from '../schema/json.ts';
import { ageColumn, type Column, column, nameColumn, wide } from './column.ts';

const shortModes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

export const claimColumns: readonly Column[] = [
  nameColumn,
  column('Status', ({ status }) => stringOf(objectOf(status)['phase'])),
  column('Volume', ({ spec }) => stringOf(objectOf(spec)['volumeName'])),
  column('Capacity', ({ status }) => storageOf(objectOf(status))),
  column('Access Modes', ({ status }) => modesText(objectOf(status)['accessModes'])),
  column('StorageClass', ({ spec }) => stringOf(objectOf(spec)['storageClassName'])),
  ageColumn,
  wide('VolumeMode', ({ spec }) => stringOf(objectOf(spec)['volumeMode'])),
];

export const volumeColumns: readonly Column[] = [
  nameColumn,
  column('Capacity', ({ spec }) => storageOf(objectOf(spec))),
  column('Access Modes', ({ spec }) => modesText(objectOf(spec)['accessModes'])),
  column('Reclaim Policy', ({ spec }) => stringOf(objectOf(spec)['persistentVolumeReclaimPolicy'])),
  column('Status', ({ status }) => stringOf(objectOf(status)['phase'])),
  column('Claim', ({ spec }) => claimText(objectOf(objectOf(spec)['claimRef']))),
  column('StorageClass', ({ spec }) => stringOf(objectOf(spec)['storageClassName'])),
  column('Reason', ({ status }) => stringOf(objectOf(status)['reason'])),
  ageColumn,
  wide('VolumeMode', ({ spec }) => stringOf(objectOf(spec)['volumeMode'])),
];

export const storageClassColumns: readonly Column[] = [
  nameColumn,
  column('Provisioner', ({ provisioner }) => stringOf(provisioner)),
  column('ReclaimPolicy', ({ reclaimPolicy }) => stringOf(reclaimPolicy)),
  column('VolumeBindingMode', ({ volumeBindingMode }) => stringOf(volumeBindingMode)),
  column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion === true, { type: 'boolean' }),
  ageColumn,
];

function storageOf({ capacity }: JsonObject): string {
  return stringOf(objectOf(capacity)['storage']);
}

function modesText(modes: unknown): string {
  return Array.isArray(modes) ? modes.map((mode) => shortModes[String(mode)] ?? String(mode)).join(',') : '';
}

function claimText({ namespace, name }: JsonObject): string {
  return stringOf(name) === '' ? '' : `${stringOf(namespace)}/${stringOf(name)}`;
}
