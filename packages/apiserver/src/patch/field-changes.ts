import { isDeepStrictEqual } from 'node:util';
import type { Schema } from '@ebb/api';
import { isObject, isStored } from '../schema/json.ts';
import { FieldSet } from './field-set.ts';
import { type Part, partsOf } from './parts.ts';

/** What separates two objects. */
export interface FieldChanges {
  /** Fields that are new or have another value. */
  readonly set: FieldSet;
  /** Fields that are gone. */
  readonly removed: FieldSet;
}

/** The fields an applied object lays claim to: what it sets, and each item and map entry that it names. */
export function fieldsApplied(value: unknown, schema: Schema | undefined): FieldSet {
  const set = new FieldSet();
  const parts = partsOf(value, schema);
  if (!parts) set.self = true;
  for (const [step, part] of parts ?? []) {
    const below = fieldsApplied(part.value, part.schema);
    if (!part.named || isEmptyMap(part.value)) below.self = true;
    if (below.self || below.children.size > 0) set.children.set(step, below);
  }
  return set;
}

/** Which fields change on the way from `old` to `updated`. A new map or item counts, and so does all in it. */
export function fieldsChanged(old: unknown, updated: unknown, schema: Schema | undefined): FieldChanges {
  if (old === updated) return { set: new FieldSet(), removed: new FieldSet() };
  if (!isStored(old) || !isStored(updated)) return compare(old, updated, schema);
  const known = changesBetween.get(updated as object);
  if (known && known.old === old && known.schema === schema) return known.changes;
  const changes = compare(old, updated, schema);
  changesBetween.set(updated as object, { old, schema, changes });
  return changes;
}

/** What was found out of values that do not change: those that many objects have in common are looked at once. */
const changesBetween = new WeakMap<object, { old: unknown; schema: Schema | undefined; changes: FieldChanges }>();
const present = new WeakMap<object, { schema: Schema | undefined; set: FieldSet }>();

function compare(old: unknown, updated: unknown, schema: Schema | undefined): FieldChanges {
  const before = partsOf(old, schema);
  const after = partsOf(updated, schema);
  if (before && after && Array.isArray(old) === Array.isArray(updated)) return compareParts(before, after);
  const changes = { set: new FieldSet(), removed: new FieldSet() };
  if (isDeepStrictEqual(old, updated)) return changes;
  if (before) for (const [step, part] of before) changes.removed.children.set(step, fieldsPresent(part));
  if (after) for (const [step, part] of after) changes.set.children.set(step, fieldsPresent(part));
  changes.set.self = true;
  return changes;
}

function compareParts(before: ReadonlyMap<string, Part>, after: ReadonlyMap<string, Part>): FieldChanges {
  const changes = { set: new FieldSet(), removed: new FieldSet() };
  for (const [step, part] of before) if (!after.has(step)) changes.removed.children.set(step, fieldsPresent(part));
  for (const [step, part] of after) {
    const old = before.get(step);
    if (!old) {
      changes.set.children.set(step, fieldsPresent(part));
      continue;
    }
    const below = fieldsChanged(old.value, part.value, part.schema);
    if (below.set.self || below.set.children.size > 0) changes.set.children.set(step, below.set);
    if (below.removed.children.size > 0) changes.removed.children.set(step, below.removed);
  }
  return changes;
}

/** A value itself and all in it. */
export function fieldsPresent({ value, schema }: Pick<Part, 'value' | 'schema'>): FieldSet {
  if (!isStored(value)) return findPresent(value, schema);
  const known = present.get(value as object);
  if (known && known.schema === schema) return known.set;
  const set = findPresent(value, schema);
  present.set(value as object, { schema, set });
  return set;
}

function findPresent(value: unknown, schema: Schema | undefined): FieldSet {
  const parts = partsOf(value, schema);
  if (!parts || parts.size === 0) return FieldSet.field;
  const set = new FieldSet();
  set.self = true;
  for (const [step, part] of parts) set.children.set(step, fieldsPresent(part));
  return set;
}

function isEmptyMap(value: unknown): boolean {
  return value === null || (isObject(value) && Object.keys(value).length === 0);
}
