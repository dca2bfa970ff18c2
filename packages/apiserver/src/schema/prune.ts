import type { KubernetesObject, Schema } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { childPath, childSchema, isObject, isStored, type JsonObject } from './json.ts';

/**
 * Removes, in place, the fields that the schema of the kind does not know, and returns their paths in document
 * order, in Kubernetes' form: `spec.foo`, `spec.template.spec.containers[0].bar`. Kept is what lies under
 * `x-kubernetes-preserve-unknown-fields` or an open map, and what is stored already.
 */
export function pruneUnknown(object: KubernetesObject, info: ResourceInfo): readonly string[] {
  const removed: string[] = [];
  const schema = info.preserveUnknownFields
    ? { ...info.schema, 'x-kubernetes-preserve-unknown-fields': true }
    : info.schema;
  prune(object, schema, '', removed);
  return removed;
}

function prune(value: unknown, schema: Schema, path: string, removed: string[]): void {
  if (isStored(value)) return;
  if (Array.isArray(value)) pruneItems(value, schema, path, removed);
  else if (isObject(value)) pruneFields(value, schema, path, removed);
}

function pruneItems(items: readonly unknown[], schema: Schema, path: string, removed: string[]): void {
  const itemSchema = schema.items ?? (keepsUnknown(schema) ? schema : {});
  for (const [index, item] of items.entries()) prune(item, itemSchema, `${path}[${index}]`, removed);
}

function pruneFields(object: JsonObject, schema: Schema, path: string, removed: string[]): void {
  for (const key of Object.keys(object)) {
    const child = childSchema(schema, key);
    if (child) prune(object[key], child, childPath(path, key), removed);
    else if (!keepsUnknown(schema)) {
      delete object[key];
      removed.push(childPath(path, key));
    }
  }
}

function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
}
