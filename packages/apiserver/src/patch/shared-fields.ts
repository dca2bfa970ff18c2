import type { JsonObject } from '../schema/json.ts';
import { FieldSet } from './field-set.ts';

/** Sets that are kept, those used the longest ago forgotten first. */
const maxKept = 1000;

interface Shared {
  readonly set: FieldSet;
  readonly fields: JsonObject;
}

const bySignature = new Map<string, Shared>();
/** Those of a set, or of its fields, for as long as an object holds them. */
const known = new WeakMap<object, Shared>();

/** A set as `FieldsV1`. Objects that are alike, such as the pods of one revision, share it: it is most of what they consist of. */
export function sharedFields(set: FieldSet): JsonObject {
  return share(set).fields;
}

/** The set that `FieldsV1` say; `undefined` if they are none. */
export function sharedSet(fields: object): FieldSet | undefined {
  if (!Object.isFrozen(fields)) return FieldSet.decode(fields);
  const before = known.get(fields);
  if (before) return before.set;
  const decoded = FieldSet.decode(fields);
  if (!decoded) return undefined;
  const shared = share(decoded);
  known.set(fields, shared);
  return shared.set;
}

function share(set: FieldSet): Shared {
  const before = known.get(set);
  if (before) return before;
  const signature = set.signature();
  const shared = bySignature.get(signature) ?? { set, fields: set.encode() };
  bySignature.delete(signature);
  bySignature.set(signature, shared);
  known.set(shared.fields, shared);
  known.set(shared.set, shared);
  const [oldest] = bySignature.keys();
  if (bySignature.size > maxKept && oldest !== undefined) bySignature.delete(oldest);
  return shared;
}
