import type { JsonObject } from '../schema/json.ts';
import { FieldSet } from './field-set.ts';

/** Sets that are kept, those used the longest ago forgotten first. */
const maxKept = 1000;

interface Shared {
  readonly set: FieldSet;
  readonly fields: JsonObject;
}

const byText = new Map<string, Shared>();
/** The set of fields that were shared before, for as long as an object holds them. */
const setOf = new WeakMap<object, FieldSet>();

/** A set as `FieldsV1`. Objects that are alike, such as the pods of one revision, share it: it is most of what they consist of. */
export function sharedFields(set: FieldSet): JsonObject {
  return share(set).fields;
}

/** The set that `FieldsV1` say; `undefined` if they are none. */
export function sharedSet(fields: object): FieldSet | undefined {
  if (!Object.isFrozen(fields)) return FieldSet.decode(fields);
  const known = setOf.get(fields);
  if (known) return known;
  const decoded = FieldSet.decode(fields);
  const shared = decoded && share(decoded).set;
  if (shared) setOf.set(fields, shared);
  return shared;
}

function share(set: FieldSet): Shared {
  const fields = set.encode();
  if (setOf.get(fields) === set) return { set, fields };
  const text = JSON.stringify(fields);
  const shared = byText.get(text) ?? { set, fields };
  byText.delete(text);
  byText.set(text, shared);
  setOf.set(shared.fields, shared.set);
  const [oldest] = byText.keys();
  if (byText.size > maxKept && oldest !== undefined) byText.delete(oldest);
  return shared;
}
