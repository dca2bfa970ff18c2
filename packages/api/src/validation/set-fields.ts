import { type FieldError, disallowedFields } from '../field-error.ts';

/** Whether a field holds anything Kubernetes would write: zero, empty text and an empty list count as not set. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false;
  return !Array.isArray(value) || value.length > 0;
}

/** Fields in which Kubernetes tells zero, `false` and empty text from nothing at all. */
const keptWhenZero: ReadonlySet<string> = new Set([
  'fsGroup',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'runtimeClassName',
  'shareProcessNamespace',
]);
/** Maps: an empty one is as good as none, unlike an empty object of named fields. */
const maps: ReadonlySet<string> = new Set(['nodeSelector', 'overhead']);

/** As `isSet`, with what is particular to the field. */
function isFieldSet(name: string, value: unknown): boolean {
  if (keptWhenZero.has(name)) return value !== undefined && value !== null;
  return isSet(value) && !(maps.has(name) && Object.keys(Object(value)).length === 0);
}

/** One finding for all fields that are set and not allowed, nothing where there are none; looks one level deep. */
export function checkAllowed(object: object, allowed: ReadonlySet<string>): FieldError[] {
  const forbidden = Object.entries(object).flatMap(([name, value]) =>
    !allowed.has(name) && isFieldSet(name, value) ? [name] : [],
  );
  return forbidden.length === 0 ? [] : [{ ...disallowedFields(), paths: forbidden }];
}

/** Those of `names` that the object has set. */
export function setAmong(object: object, names: readonly string[]): string[] {
  return names.filter((name) => Object.hasOwn(object, name) && isSet(Reflect.get(object, name)));
}

/** Those of `names` that the object has not set. */
export function missingAmong(object: object, names: readonly string[]): string[] {
  const given = setAmong(object, names);
  return names.filter((name) => !given.includes(name));
}

/** The indexes of the items that have come before. */
export function repeatedIndexes(items: readonly string[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeated = new Set<number>();
  for (const [index, item] of items.entries()) {
    if (seen.has(item)) repeated.add(index);
    seen.add(item);
  }
  return repeated;
}
