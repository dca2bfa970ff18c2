import { isDeepStrictEqual } from 'node:util';
import { type KubernetesObject, type ManagedFieldsEntry, type Schema, StatusError } from '@ebb/api';
import { type ApplyConflict, applyConflict } from './apply-conflict.ts';
import { checkDepth } from './depth.ts';
import { fieldsApplied, fieldsChanged, fieldsPresent } from './field-changes.ts';
import type { FieldSet } from './field-set.ts';
import { fieldsOfLastApplied, withLastApplied } from './last-applied.ts';
import { updateManagers } from './managed-fields.ts';
import {
  type Manager,
  type Managers,
  decodeManagers,
  encodeManagers,
  managerId,
  trackedOnly,
  withoutManagedFields,
} from './managers.ts';
import { checkItems } from './parts.ts';
import { prune, structuredMerge } from './structured-merge.ts';

export interface ApplyRequest {
  /** The object as stored; absent if the apply creates it. */
  readonly live?: KubernetesObject | undefined;
  /** The object as sent: the fields the manager wants to own, without those the endpoint resets (such as status). */
  readonly applied: KubernetesObject;
  readonly schema: Schema;
  readonly manager: string;
  /** Takes conflicting fields from their owners. */
  readonly force: boolean;
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** The manager of `kubectl apply --server-side`, which takes over what `kubectl apply` has set before. */
const kubectl = 'kubectl';

/** Metadata that only the server writes; clients send it along out of habit. */
const serverMetadata = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
];

/**
 * Server-side apply: the live object with what the manager applies, without what it applied before and nobody else claims,
 * and with managed fields brought up to date. An apply that changes nothing gives back the live object, times and all. The
 * result shares nothing with its inputs. Throws `StatusError`: `Conflict` if other managers own fields that would change,
 * `BadRequest` for managed fields in the applied object, or items of a list that cannot be told apart.
 */
export function applyPatch(request: ApplyRequest): KubernetesObject {
  const applied = checked(request);
  const live = request.live && withoutManagedFields(request.live);
  const managers = managersBefore(request);
  const id = managerId(entryOf(request));
  const fields = fieldsApplied(applied, request.schema);
  const merged = live ? mergeAndPrune(live, applied, { ...request, id, managers }) : applied;
  const changes = fieldsChanged(live ?? {}, merged, request.schema);
  const others = new Map([...managers].filter(([other]) => other !== id));
  const conflicts = conflictsOf(others, contested(request, changes.set));
  if (conflicts.length > 0 && !request.force) throw applyConflict(conflicts);

  const after = new Map<string, Manager>();
  for (const [other, { entry, fields: owned }] of others) {
    after.set(other, { entry, fields: owned.difference(changes.set).difference(changes.removed) });
  }
  const result = request.manager === kubectl ? withLastApplied(merged, applied) : merged;
  const isChanged = live === undefined || !isDeepStrictEqual(live, result);
  after.set(id, owning(request, trackedOnly(fields), managers.get(id), isChanged));
  const object = structuredClone(result);
  return { ...object, metadata: { ...object.metadata, managedFields: encodeManagers(after) } };
}

function checked({ applied, schema, subresource }: ApplyRequest): KubernetesObject {
  if (applied.metadata.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  }
  checkDepth(applied);
  checkItems(applied, schema);
  const metadata = Object.entries(applied.metadata).filter(([key]) => !serverMetadata.includes(key));
  const object = withoutManagedFields({ ...applied, metadata: Object.fromEntries(metadata) });
  return subresource === 'status' ? statusOnly(object) : object;
}

/** What an apply through `/status` can set: nothing beside the status, whatever else is sent. */
function statusOnly(object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const metadata = Object.entries({ name, namespace, uid, resourceVersion }).filter(([, value]) => value !== undefined);
  const fields = Object.entries(object).filter(([key]) => ['apiVersion', 'kind', 'status'].includes(key));
  return { ...Object.fromEntries(fields), metadata: Object.fromEntries(metadata) };
}

/** The owners so far; all of an object that has none belongs to what was there before the first apply. */
function managersBefore({ live, schema, apiVersion, now }: ApplyRequest): Managers {
  const managers = decodeManagers(live?.metadata.managedFields) ?? new Map();
  if (!live || managers.size > 0) return managers;
  const first = { schema, manager: 'before-first-apply', apiVersion, now };
  return updateManagers(managers, {}, withoutManagedFields(live), first);
}

function mergeAndPrune(
  live: KubernetesObject,
  applied: KubernetesObject,
  { schema, id, managers }: { readonly schema: Schema; readonly id: string; readonly managers: Managers },
): KubernetesObject {
  const merged = structuredMerge(live, applied, schema) as KubernetesObject;
  const last = managers.get(id)?.fields;
  if (!last) return merged;
  let claimed = fieldsPresent({ value: applied, schema });
  for (const [other, manager] of managers) if (other !== id) claimed = claimed.union(manager.fields);
  return prune(merged, schema, last, claimed) as KubernetesObject;
}

/** The changed fields that other managers may hold on to. */
function contested({ live, schema, manager }: ApplyRequest, changed: FieldSet): FieldSet {
  return live && manager === kubectl ? changed.difference(fieldsOfLastApplied(live, schema)) : changed;
}

function conflictsOf(others: Managers, changed: FieldSet): readonly ApplyConflict[] {
  return [...others.values()]
    .map(({ entry, fields }) => ({ owner: entry, fields: fields.intersection(changed) }))
    .filter(({ fields }) => !fields.isEmpty());
}

/** The applier's own entry; its time is kept if neither the object nor its fields changed. */
function owning(request: ApplyRequest, fields: FieldSet, before: Manager | undefined, isChanged: boolean): Manager {
  const isSame = !isChanged && before?.fields.equals(fields) === true && before.entry.apiVersion === request.apiVersion;
  return { entry: { ...entryOf(request), time: (isSame ? before.entry.time : undefined) ?? request.now }, fields };
}

function entryOf({ manager, apiVersion, subresource }: ApplyRequest): ManagedFieldsEntry {
  return { manager, operation: 'Apply', apiVersion, ...(subresource ? { subresource } : {}) };
}
