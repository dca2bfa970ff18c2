import type { Schema } from '@ebb/api';

/** A JSON object of unknown make. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for what is frozen: it comes from the store, so it has been decoded, given its defaults and validated before. */
export function isStored(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.isFrozen(value);
}

/** The value as an object, `{}` if it is none. Changing the result of a non-object changes nothing. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The objects in a list; `[]` if it is none. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value as a string, `''` if it is none. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a finite number, `undefined` if it is none. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The schema of a field that `properties` names; keys such as `constructor` find nothing by accident. */
export function propertyOf(schema: Schema, key: string): Schema | undefined {
  return schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
}

/** The schema of a field: by name, else that of any value of a map. `undefined` if the field is not known. */
export function childSchema(schema: Schema, key: string): Schema | undefined {
  const named = propertyOf(schema, key);
  if (named) return named;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Kubernetes' form of a path: `a.b`, or `b` at the root. */
export function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
