import type { Schema } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { childPath, childSchema, isObject, isStored, type JsonObject } from '../schema/json.ts';
import { canonicalQuantity } from '../schema/quantity.ts';
import { classOf } from './model-schema.ts';

/**
 * Why a typed decoder could not read an object of a built-in kind, in the words of Go's: a field of the wrong JSON type, or
 * bytes that are not base64. `undefined` if it could.
 */
export function decodingProblem(
  object: JsonObject,
  { kind, schema }: Pick<ResourceInfo, 'kind' | 'schema'>,
): string | undefined {
  return problemOf(object, schema, { path: '', struct: kind });
}

const badQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Where a value stands: its path, without indices and keys of maps, and the Go type that the field belongs to. */
interface Place {
  readonly path: string;
  readonly struct: string;
}

function problemOf(value: unknown, schema: Schema, place: Place): string | undefined {
  if (value === null || isStored(value) || schema['x-kubernetes-preserve-unknown-fields']) return undefined;
  if (!fits(value, schema))
    return `json: cannot unmarshal ${jsonType(value)} into Go struct field ${place.struct}.${place.path} of type ${goType(schema)}`;
  if (schema.format === 'quantity' && typeof value === 'string' && canonicalQuantity(value) === undefined)
    return badQuantity;
  if (schema.format === 'byte' && typeof value === 'string') return base64Problem(value);
  if (Array.isArray(value)) return firstOf(value, (item) => schema.items && problemOf(item, schema.items, place));
  if (!isObject(value)) return undefined;
  const struct = structName(schema) ?? place.struct;
  return firstOf(Object.entries(value), ([key, each]) => {
    const child = childSchema(schema, key);
    if (!child) return undefined;
    return problemOf(each, child, schema.properties ? { path: childPath(place.path, key), struct } : place);
  });
}

function firstOf<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fits(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string'])
    return (
      typeof value === 'string' || (schema.format === 'quantity' ? typeof value === 'number' : Number.isInteger(value))
    );
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === schema.type;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return true;
  }
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'boolean':
      return 'bool';
    case 'integer':
      return schema.format ?? 'int32';
    case 'number':
      return 'float64';
    case 'array':
      return `[]${goType(schema.items ?? {})}`;
    case 'object': {
      const name = structName(schema);
      if (name !== undefined) return `v1.${name}`;
      return `map[string]${typeof schema.additionalProperties === 'object' ? goType(schema.additionalProperties) : 'string'}`;
    }
    default:
      return schema.format === 'date-time' ? 'v1.Time' : 'string';
  }
}

/** Name of the Go type: that of the class without its version. */
function structName({ properties }: Schema): string | undefined {
  return classOf(properties)?.replace(/^(?:[A-Z][a-z]+)?V\d/, '');
}

function base64Problem(text: string): string | undefined {
  const characters = text.replaceAll(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(characters.replace(/={1,2}$/, ''));
  if (!bad && characters.length % 4 === 0) return undefined;
  return `illegal base64 data at input byte ${bad?.index ?? Math.max(0, characters.length - (characters.length % 4))}`;
}
