import type { KubernetesObject, ManagedFieldsEntry } from '@ebb/api';
import { isObject } from '../schema/json.ts';
import { FieldSet } from './field-set.ts';
import { sharedFields, sharedSet } from './shared-fields.ts';

/** One owner of fields: an entry of `metadata.managedFields`, its fields decoded. */
export interface Manager {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

/** Owners by identity (see `managerId`). */
export type Managers = ReadonlyMap<string, Manager>;

/** Most entries of updaters kept apart; the oldest beyond that are put together. */
const maxUpdaters = 10;
const ancientManager = 'ancient-changes';

/** Fields that belong to the server, or name the object: nobody owns them. */
const untracked = new FieldSet();
untracked.add(['f:apiVersion']);
untracked.add(['f:kind']);
untracked.add(['f:metadata']);
for (const field of [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]) {
  untracked.add(['f:metadata', `f:${field}`]);
}

/** `fields` without those nobody owns. */
export function trackedOnly(fields: FieldSet): FieldSet {
  return fields.difference(untracked);
}

/** What makes two entries the same owner: an applier stays the same in any version of the API. */
export function managerId({ manager = '', operation, apiVersion, subresource = '' }: ManagedFieldsEntry): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : (apiVersion ?? ''), subresource]);
}

/** Decodes `metadata.managedFields`; `undefined` if something in it is malformed. */
export function decodeManagers(entries: unknown): Managers | undefined {
  if (entries === undefined || entries === null) return new Map();
  if (!Array.isArray(entries)) return undefined;
  const managers = new Map<string, Manager>();
  for (const entry of entries as readonly ManagedFieldsEntry[]) {
    const fields = isEntry(entry) ? sharedSet(entry.fieldsV1 ?? {}) : undefined;
    if (!fields) return undefined;
    managers.set(managerId(entry), { entry, fields });
  }
  return managers;
}

/** Encodes owners in Kubernetes' order, leaving out those that own nothing. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  const owning = [...managers.values()].filter(({ fields }) => !fields.isEmpty());
  return capped(owning.toSorted(byAge)).map(({ entry, fields }) => ({
    ...entry,
    fieldsType: 'FieldsV1',
    fieldsV1: sharedFields(fields),
  }));
}

/** `object` without its managed fields; the object itself is left alone. */
export function withoutManagedFields<T extends KubernetesObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function isEntry(entry: unknown): entry is ManagedFieldsEntry {
  if (!isObject(entry)) return false;
  const { manager = '', operation, apiVersion = '', subresource = '', fieldsType, time } = entry;
  const texts = [manager, apiVersion, subresource, time ?? ''];
  return (
    (operation === 'Apply' || operation === 'Update') &&
    fieldsType === 'FieldsV1' &&
    texts.every((text) => typeof text === 'string')
  );
}

/** Appliers first, then by time, then by name. */
function byAge({ entry: a }: Manager, { entry: b }: Manager): number {
  return (
    order(a.operation, b.operation) ||
    order(a.time, b.time) ||
    order(a.manager, b.manager) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  );
}

function order(a = '', b = ''): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Puts the oldest updaters of an object that has too many of them together. */
function capped(managers: readonly Manager[]): readonly Manager[] {
  const isUpdater = ({ entry }: Manager): boolean => entry.operation === 'Update' && !entry.subresource;
  const updaters = managers.filter((each) => isUpdater(each) && each.entry.manager !== ancientManager);
  const old = new Set(updaters.slice(0, Math.max(0, updaters.length - maxUpdaters)));
  if (old.size === 0) return managers;
  const ancient = new Map<string, Manager>();
  for (const each of managers) {
    if (!old.has(each) && each.entry.manager !== ancientManager) continue;
    const entry: ManagedFieldsEntry = { ...each.entry, manager: ancientManager };
    const known = ancient.get(managerId(entry));
    ancient.set(managerId(entry), { entry, fields: known ? known.fields.union(each.fields) : each.fields });
  }
  const rest = managers.filter((each) => !old.has(each) && each.entry.manager !== ancientManager);
  return [...rest, ...ancient.values()].toSorted(byAge);
}
