import type { Schema } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import type { JsonObject } from '../schema/json.ts';
import { freeze } from '../store/stored-object.ts';

/** Structs that Go's types always write, though OpenAPI does not call them required. */
const alwaysThere = new Set(['spec', 'status', 'source', 'loadBalancer', 'resources']);

const made = new WeakMap<Schema, JsonObject>();

/**
 * What is in an object of a built-in kind before anybody has set anything: the structs and lists that its Go type always
 * writes. Nobody owns those, only what stands in them. Shared: not to be changed.
 */
export function emptyKind({ kind, schema }: Pick<ResourceInfo, 'kind' | 'schema'>): JsonObject {
  // The server itself sets these in a new namespace.
  if (kind === 'Namespace') return { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  let empty = made.get(schema);
  if (!empty) {
    empty = emptyObject(schema);
    freeze(empty);
    made.set(schema, empty);
  }
  return empty;
}

function emptyObject({ properties = {}, required = [] }: Schema): JsonObject {
  const object: JsonObject = {};
  for (const [key, property] of Object.entries(properties)) {
    if (key === 'metadata' || (!required.includes(key) && !alwaysThere.has(key))) continue;
    if (property.type === 'array') object[key] = [];
    else if (property.properties) object[key] = emptyObject(property);
  }
  return object;
}
