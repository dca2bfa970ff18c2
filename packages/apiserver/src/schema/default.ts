import type { KubernetesObject, Schema } from '@ebb/api';
import { defaultBuiltin } from '../builtin/defaults.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { childSchema, isObject, type JsonObject } from './json.ts';
import { normalize } from './normalize.ts';

/**
 * Sets in place what was left out: the schema's `default`s in custom resources, what kube-apiserver sets in
 * built-in kinds. A null where the schema allows none counts as left out. Doing it twice changes nothing.
 */
export function applyDefaults(object: KubernetesObject, info: ResourceInfo): void {
  const fields = object as unknown as JsonObject;
  const { metadata, ...properties } = info.schema.properties ?? {};
  if (info.builtin) {
    normalize(fields, info.schema);
    defaultBuiltin(fields, info);
    return;
  }
  if (isObject(object.metadata) && metadata) normalize(object.metadata, metadata);
  applySchema(fields, { ...info.schema, properties });
}

function applySchema(value: unknown, schema: Schema): void {
  // What comes from the store has its defaults.
  if (Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applySchema(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (value[key] === null && property.nullable !== true) delete value[key];
    if (property.default !== undefined && !Object.hasOwn(value, key)) value[key] = structuredClone(property.default);
  }
  for (const [key, child] of Object.entries(value)) {
    const schemaOfChild = childSchema(schema, key);
    if (schemaOfChild) applySchema(child, schemaOfChild);
  }
}
