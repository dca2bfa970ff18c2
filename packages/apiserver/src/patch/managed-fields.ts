import type { KubernetesObject, ManagedFieldsEntry, Schema } from '@ebb/api';
import { isObject } from '../schema/json.ts';
import { fieldsChanged } from './field-changes.ts';
import {
  type Manager,
  type Managers,
  decodeManagers,
  encodeManagers,
  managerId,
  trackedOnly,
  withoutManagedFields,
} from './managers.ts';

export interface UpdateToTrack {
  /** The object as stored; absent on create. */
  readonly old?: KubernetesObject | undefined;
  /** The object as it is to be stored, its managed fields as the request has them. */
  readonly updated: KubernetesObject;
  readonly schema: Schema;
  /** What an object of the kind has without anybody's doing; what is created is compared with it. Default: nothing. */
  readonly empty?: object;
  /** Who writes. */
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/**
 * `metadata.managedFields` after a create, an update or a patch other than apply: the writer takes what it changed, all
 * lose what is gone. A request may replace managed fields, or reset them with `[{}]`; it cannot through a subresource, nor
 * by sending none, an empty list, or something malformed. An entry whose owner changes nothing keeps its time.
 */
export function trackUpdate({ old, updated, empty = {}, ...request }: UpdateToTrack): ManagedFieldsEntry[] {
  const before = presentManagers(old, updated, request.subresource);
  const from = old ? withoutManagedFields(old) : empty;
  return encodeManagers(updateManagers(before, from, withoutManagedFields(updated), request));
}

/** The owners after `manager` has turned `old` into `updated` by an update. */
export function updateManagers(
  managers: Managers,
  old: object,
  updated: object,
  { schema, manager, apiVersion, subresource, now }: Omit<UpdateToTrack, 'old' | 'updated' | 'empty'>,
): Managers {
  const changes = fieldsChanged(old, updated, schema);
  const after = new Map<string, Manager>();
  for (const [id, { entry, fields }] of managers) {
    after.set(id, { entry, fields: fields.difference(changes.set).difference(changes.removed) });
  }
  const taken = trackedOnly(changes.set);
  if (taken.isEmpty()) return after;
  const entry: ManagedFieldsEntry = {
    manager,
    operation: 'Update',
    apiVersion,
    time: now,
    ...(subresource ? { subresource } : {}),
  };
  const id = managerId(entry);
  return after.set(id, { entry, fields: after.get(id)?.fields.union(taken) ?? taken });
}

function presentManagers(
  old: KubernetesObject | undefined,
  updated: KubernetesObject,
  subresource: string | undefined,
): Managers {
  const stored = decodeManagers(old?.metadata.managedFields) ?? new Map();
  if (subresource) return stored;
  const sent: unknown = updated.metadata.managedFields;
  if (isReset(sent)) return new Map();
  const managers = decodeManagers(sent);
  return managers && managers.size > 0 ? managers : stored;
}

function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries) || entries.length !== 1) return false;
  return isObject(entries[0]) && Object.keys(entries[0]).length === 0;
}
