import { duplicate, type FieldError, invalid, notSupported, required } from '../schema/field-error.ts';
import { childPath, type JsonObject, numberOf, stringOf } from '../schema/json.ts';

/** Whether a field has a value that Kubernetes does not take for left out: not absent, `''` or an empty list. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** The field has one of the `supported` values; it may be left out unless `needed`. */
export function enumOf(
  object: JsonObject,
  key: string,
  path: string,
  supported: readonly string[],
  { needed = false }: { readonly needed?: boolean } = {},
): FieldError[] {
  const value = object[key];
  const field = childPath(path, key);
  if (!isSet(value)) return needed ? [required(field)] : [];
  return supported.includes(stringOf(value)) ? [] : [notSupported(field, value, supported)];
}

/** The field has a name that follows `rule`; it may be left out unless `needed`. */
export function named(
  object: JsonObject,
  key: string,
  path: string,
  rule: (value: string) => readonly string[],
  { needed = true }: { readonly needed?: boolean } = {},
): FieldError[] {
  const value = stringOf(object[key]);
  const field = childPath(path, key);
  if (value === '') return needed ? [required(field)] : [];
  return rule(value).map((problem) => invalid(field, value, problem));
}

/** No two elements of a list have the same value there. */
export function unique(list: readonly JsonObject[], key: string, path: string): FieldError[] {
  const seen = new Set<unknown>();
  return list.flatMap((item, index) => {
    const value = item[key];
    if (!isSet(value)) return [];
    const again = seen.has(value);
    seen.add(value);
    return again ? [duplicate(`${path}[${index}].${key}`, value)] : [];
  });
}

/** Port numbers lie between 1 and 65535. */
export function portNumber(value: unknown, field: string): FieldError[] {
  const number = numberOf(value);
  if (number !== undefined && number >= 1 && number <= 65_535) return [];
  return [invalid(field, value ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** The numbers are not negative. */
export function notNegative(object: JsonObject, keys: readonly string[], path: string): FieldError[] {
  return keys
    .filter((key) => Number(object[key] ?? 0) < 0)
    .map((key) => invalid(`${path}.${key}`, object[key], 'must be greater than or equal to 0'));
}
