import type { Schema } from '@ebb/api';
import { childSchema, isObject, type JsonObject, propertyOf } from './json.ts';
import { canonicalQuantity } from './quantity.ts';

/**
 * Brings an object of a built-in kind, in place, into the form a decoder of typed objects gives it: fields that are
 * null are left out, and so are lists and maps that are empty and may be missing; in a list or map, null is the empty
 * text or no quantity; quantities are canonical strings.
 * What the schema leaves open is not touched, nor what is frozen: it comes from the store, and so has been through here.
 */
export function normalize(object: JsonObject, schema: Schema): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] || Object.isFrozen(object)) return;
  for (const [key, value] of Object.entries(object)) {
    const child = childSchema(schema, key);
    const kept = child ? normalized(value ?? nullIn(isInMap(schema, key) ? child : {}), child) : value;
    // Asked of what is left of it: a map of nulls is an empty one.
    const isLeftOut = kept === null || (child && isNothing(kept, child) && !schema.required?.includes(key));
    if (isLeftOut) delete object[key];
    else object[key] = kept;
  }
}

const isInMap = (schema: Schema, key: string): boolean => propertyOf(schema, key) === undefined;

/** What a null among such values is. */
function nullIn({ type, format }: Schema): string | null {
  if (format === 'quantity') return '0';
  return type === 'string' ? '' : null;
}

/** An empty list or map. A struct without fields, such as `emptyDir: {}`, says something by being there. */
function isNothing(value: unknown, { properties, additionalProperties }: Schema): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !properties && additionalProperties !== undefined && isObject(value) && Object.keys(value).length === 0;
}

function normalized(value: unknown, schema: Schema): unknown {
  if (schema.format === 'quantity' && (typeof value === 'string' || typeof value === 'number'))
    return canonicalQuantity(String(value)) ?? value;
  if (isObject(value)) normalize(value, schema);
  else if (Array.isArray(value) && schema.items && !Object.isFrozen(value)) {
    const { items } = schema;
    return value.map((item) => normalized(item ?? nullIn(items), items));
  }
  return value;
}
