import { isDeepStrictEqual } from 'node:util';
import type { Schema } from '@ebb/api';
import { duplicate, type FieldError, invalid, notSupported, tooLong, tooMany, typeInvalid } from './field-error.ts';
import { fitsFormat, hasFormat } from './formats.ts';
import { isObject, type JsonObject } from './json.ts';

/** Checks one value against the bounds its schema sets, not looking into its children. */
export function checkBounds(value: unknown, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.enum && !schema.enum.some((each) => isDeepStrictEqual(each, value)))
    errors.push(notSupported(path, value, schema.enum));
  if (typeof value === 'string') errors.push(...checkString(value, schema, path));
  else if (typeof value === 'number') errors.push(...checkNumber(value, schema, path));
  else if (Array.isArray(value)) errors.push(...checkList(value, schema, path));
  else if (isObject(value)) errors.push(...checkSize(value, schema, path));
  return errors;
}

function checkString(value: string, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  if (schema.pattern !== undefined && patternOf(schema.pattern)?.test(value) === false)
    errors.push(invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  if (schema.format !== undefined && !hasFormat(value, schema.format))
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`));
  return errors;
}

function checkNumber(value: number, schema: Schema, path: string): FieldError[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum = false, exclusiveMaximum = false } = schema;
  const problems: string[] = [];
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum)))
    problems.push(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum)))
    problems.push(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    problems.push(`should be a multiple of ${multipleOf}`);
  if (!fitsFormat(value, schema.format)) problems.push(`must be of type ${schema.format}: "number"`);
  return problems.map((problem) => invalid(path, value, `${path} in body ${problem}`));
}

function checkList(items: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.maxItems !== undefined && items.length > schema.maxItems)
    errors.push(tooMany(path, items.length, schema.maxItems));
  if (schema.minItems !== undefined && items.length < schema.minItems)
    errors.push(invalid(path, items.length, `${path} in body should have at least ${schema.minItems} items`));
  errors.push(...checkUnique(items, schema, path));
  return errors;
}

/** Lists declared as sets or as maps have no two elements of the same value or key. */
function checkUnique(items: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map' && !schema.uniqueItems) return [];
  const keys = listType === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined;
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of items.entries()) {
    const key =
      keys && isObject(item) ? Object.fromEntries(keys.map((name) => [name, keyOf(item, name, schema)])) : item;
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, key));
    seen.add(text);
  }
  return errors;
}

function keyOf(item: JsonObject, name: string, schema: Schema): unknown {
  return item[name] ?? schema.items?.properties?.[name]?.default ?? null;
}

function checkSize(value: JsonObject, schema: Schema, path: string): FieldError[] {
  const count = Object.keys(value).length;
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && count < minProperties)
    return [invalid(path, value, `${path} in body should have at least ${minProperties} properties`)];
  if (maxProperties !== undefined && count > maxProperties)
    return [invalid(path, value, `${path} in body should have at most ${maxProperties} properties`)];
  return [];
}

const patterns = new Map<string, RegExp | undefined>();
const maxPatterns = 1000;

/**
 * The pattern as a regular expression; `undefined` if it is none that this runtime knows, and then nothing is checked:
 * Kubernetes' dialect (RE2) and ours differ in corners such as `\z` or `(?i)`.
 */
export function patternOf(pattern: string): RegExp | undefined {
  if (patterns.size > maxPatterns) patterns.clear();
  if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern));
  return patterns.get(pattern);
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return compileLoosely(pattern);
  }
}

function compileLoosely(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}
