import type { Schema } from '../crd.ts';

/** A field whose JSON type is not the one its schema asks for. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Deeper nesting than any manifest has; walks of what is left are then safe to recurse. */
const maxDepth = 100;

/**
 * A copy of JSON in which every field the schema knows has the type it says; fields it does not know are copied as they are. A `null`
 * counts as absent, in a list or map as the empty value; what is required and absent is there and empty. Ranges and formats are not
 * looked at. Throws a `DecodeError` that names the first wrong field. `T` is what the schema describes.
 */
export function decode<T>(schema: Schema, value: unknown): T {
  return decodeValue(schema, value, []) as T;
}

type Path = readonly (string | number)[];

function decodeValue(schema: Schema, value: unknown, path: Path): unknown {
  if (schema['x-kubernetes-int-or-string']) return decodeIntOrString(value, path);
  switch (schema.type) {
    case 'object':
      return isObject(value) ? decodeObject(schema, value, path) : wrongType('an object', value, path);
    case 'array':
      return Array.isArray(value) ? decodeList(schema.items ?? {}, value, path) : wrongType('a list', value, path);
    case 'string':
      return typeof value === 'string' ? value : wrongType('a string', value, path);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType('a boolean', value, path);
    case 'integer':
      return Number.isSafeInteger(value) ? value : wrongType('an integer', value, path);
    case 'number':
      return Number.isFinite(value) ? value : wrongType('a number', value, path);
    default:
      return copy(value, path);
  }
}

function decodeIntOrString(value: unknown, path: Path): unknown {
  const fits = typeof value === 'string' || Number.isFinite(value);
  return fits ? value : wrongType('a number or a string', value, path);
}

function decodeObject(schema: Schema, value: object, path: Path): unknown {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const others: Schema = typeof additionalProperties === 'object' ? additionalProperties : {};
  const known = (key: string): Schema => (Object.hasOwn(properties, key) ? (properties[key] ?? {}) : others);
  const present = Object.entries(value)
    .filter(([, field]) => !isAbsent(field) || additionalProperties !== undefined)
    .map(([key, field]) => [key, decodeItem(known(key), field, [...path, key])] as const);
  const missing = required
    .filter((key) => !Object.hasOwn(value, key) || isAbsent(Reflect.get(value, key)))
    .map((key) => [key, zeroOf(known(key))] as const);
  return Object.fromEntries([...present, ...missing.filter(([, zero]) => zero !== undefined)]);
}

/** What stands in a list or a map, where `null` is the empty value. */
function decodeItem(schema: Schema, value: unknown, path: Path): unknown {
  return isAbsent(value) ? (zeroOf(schema) ?? null) : decodeValue(schema, value, path);
}

function decodeList(items: Schema, value: readonly unknown[], path: Path): unknown[] {
  return value.map((item, index) => decodeItem(items, item, [...path, index]));
}

/** The empty value of a type; `undefined` where the schema names none. */
function zeroOf(schema: Schema): unknown {
  switch (schema.type) {
    case 'object':
      return decodeObject(schema, {}, []);
    case 'array':
      return [];
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    default:
      return undefined;
  }
}

function copy(value: unknown, path: Path): unknown {
  if (path.length > maxDepth) throw new DecodeError(`cannot decode ${render(path.slice(0, 5))}…: nested too deeply`);
  if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index]));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copy(field, [...path, key])]));
}

const isAbsent = (value: unknown): boolean => value === null || value === undefined;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function wrongType(wanted: string, value: unknown, path: Path): never {
  const got = value === null ? 'null' : Array.isArray(value) ? 'a list' : `${article(typeof value)} ${typeof value}`;
  throw new DecodeError(`cannot decode ${got} into field ${render(path)}, which is ${wanted}`);
}

const article = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a');

function render(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
