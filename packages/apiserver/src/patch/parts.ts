import { type Schema, StatusError } from '@ebb/api';
import { type JsonObject, isObject, propertyOf } from '../schema/json.ts';
import { keyStep } from './field-set.ts';

/** A field or an item, as its owners see it. */
export interface Part {
  readonly value: unknown;
  readonly schema: Schema | undefined;
  /** Whether the schema names it: it is a field of a known type, not an entry of a map or list. */
  readonly named: boolean;
}

/**
 * What a value consists of, by step (see `FieldSet`), or `undefined` if it is owned as a whole: a scalar, an atomic map or
 * list, or a list whose items cannot be told apart. Where the schema is silent, maps are granular and lists atomic.
 */
export function partsOf(value: unknown, schema: Schema | undefined): ReadonlyMap<string, Part> | undefined {
  if (isObject(value)) return schema?.['x-kubernetes-map-type'] === 'atomic' ? undefined : fieldsOf(value, schema);
  return Array.isArray(value) ? itemsOf(value, schema) : undefined;
}

/** Throws `StatusError` (`BadRequest`) if somewhere in `value` items of a list cannot be told apart. */
export function checkItems(value: unknown, schema: Schema | undefined, path = ''): void {
  if (Array.isArray(value) && identityOf(schema)) {
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const step = stepOf(item, schema);
      if (step === undefined) throw unnamed(path, index, schema);
      if (seen.has(step)) throw invalidItem(path, `duplicate entries for key ${step.slice(2)}`);
      seen.add(step);
    }
  }
  for (const [step, part] of partsOf(value, schema) ?? [])
    checkItems(part.value, part.schema, `${path}.${step.slice(2)}`);
}

function fieldsOf(object: JsonObject, schema: Schema | undefined): ReadonlyMap<string, Part> {
  const other = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const parts = new Map<string, Part>();
  for (const [key, value] of Object.entries(object)) {
    const property = schema && propertyOf(schema, key);
    parts.set(`f:${key}`, { value, schema: property ?? other, named: property !== undefined });
  }
  return parts;
}

function itemsOf(list: readonly unknown[], schema: Schema | undefined): ReadonlyMap<string, Part> | undefined {
  if (!identityOf(schema)) return undefined;
  const parts = new Map<string, Part>();
  for (const value of list) {
    const step = stepOf(value, schema);
    if (step === undefined || parts.has(step)) return undefined;
    parts.set(step, { value, schema: schema?.items, named: false });
  }
  return parts;
}

/** By what the items of a list are told apart: by themselves, by these keys, or not at all. */
function identityOf(schema: Schema | undefined): 'value' | readonly string[] | undefined {
  switch (schema?.['x-kubernetes-list-type']) {
    case 'atomic':
      return undefined;
    case 'set':
      return 'value';
    case 'map':
      return schema['x-kubernetes-list-map-keys'] ?? [];
    case undefined: {
      if (!schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge')) return undefined;
      const key = schema['x-kubernetes-patch-merge-key'];
      return key === undefined ? 'value' : [key];
    }
  }
}

/** `undefined` if the item lacks what tells it apart. */
function stepOf(item: unknown, schema: Schema | undefined): string | undefined {
  const identity = identityOf(schema);
  if (identity === 'value') return `v:${JSON.stringify(item)}`;
  if (!isObject(item) || !identity || identity.length === 0) return undefined;
  const keys = identity.map((key) => [key, ownOf(item, key) ?? defaultOf(key, schema?.items)] as const);
  return keys.some(([, value]) => value === undefined) ? undefined : keyStep(Object.fromEntries(keys));
}

function ownOf(item: JsonObject, key: string): unknown {
  return Object.hasOwn(item, key) ? (item[key] ?? undefined) : undefined;
}

/** Built-in kinds default `protocol`, the one key that may be left out, without a word in their schemas. */
function defaultOf(key: string, item: Schema | undefined): unknown {
  const declared = item && propertyOf(item, key)?.default;
  return declared ?? (key === 'protocol' ? 'TCP' : undefined);
}

function unnamed(path: string, index: number, schema: Schema | undefined): StatusError {
  const key = (schema?.['x-kubernetes-list-map-keys'] ?? [schema?.['x-kubernetes-patch-merge-key']])[0];
  const text = `associative list with keys has an element that omits key field ${JSON.stringify(key)}`;
  return invalidItem(path, `element ${index}: ${text} (and doesn't have default value)`);
}

function invalidItem(path: string, problem: string): StatusError {
  return new StatusError('BadRequest', `failed to create typed patch object: ${path}: ${problem}`);
}
