import { isObject, type JsonObject } from '../schema/json.ts';

/** Sets a field that is not there, but in what is stored; the value is copied. */
export function setDefault(object: JsonObject, key: string, value: unknown): void {
  if (object[key] !== undefined || Object.isFrozen(object)) return;
  object[key] = typeof value === 'object' ? structuredClone(value) : value;
}

/** Sets those fields that are not there. */
export function setDefaults(object: JsonObject, values: JsonObject): void {
  for (const [key, value] of Object.entries(values)) setDefault(object, key, value);
}

/** The object under `key`, made if there is nothing; a throw-away if there is something else. */
export function child(object: JsonObject, key: string): JsonObject {
  setDefault(object, key, {});
  const value = object[key];
  return isObject(value) ? value : {};
}
