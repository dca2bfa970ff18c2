import type { KubernetesObject, Schema } from '@ebb/api';
import { validateBuiltin } from '../builtin/validate.ts';
import { validateBuiltinUpdate } from '../builtin/validate-update.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { checkBounds } from './bounds.ts';
import { type FieldError, invalid, required, typeInvalid } from './field-error.ts';
import { childPath, childSchema, isObject, isStored, type JsonObject } from './json.ts';
import { validateFinalizers, validateMetadata } from './metadata.ts';

/**
 * What is wrong with an object, after defaulting: its metadata (name, labels, annotations, owners, finalizers), its
 * fields against the schema, and for built-in kinds the main rules of kube-apiserver. Empty if all is well. Rules in CEL
 * (`x-kubernetes-validations`) are not looked at. With `old`, the object it is to replace, also what may not change.
 */
export function validateSchema(
  object: KubernetesObject,
  info: ResourceInfo,
  old?: KubernetesObject,
): readonly FieldError[] {
  const { metadata, ...properties } = info.schema.properties ?? {};
  const walk: Walk = { errors: [], typesOnly: info.builtin };
  const types: Walk = { errors: [], typesOnly: true };
  validate(object, { ...info.schema, properties }, '', walk);
  validate(object.metadata, metadata ?? {}, 'metadata', types);
  // The further rules rely on the types being right.
  if (types.errors.length > 0 || (info.builtin && walk.errors.length > 0)) return [...types.errors, ...walk.errors];
  return [
    ...validateMetadata(object.metadata, info),
    ...validateMetadataSchema(object, info),
    ...walk.errors,
    ...(info.builtin ? validateBuiltin(object as unknown as JsonObject, info) : []),
    ...(old ? validateUpdate(object, old, info) : []),
  ];
}

function validateUpdate(object: KubernetesObject, old: KubernetesObject, info: ResourceInfo): FieldError[] {
  const [fields, before] = [object, old] as unknown as [JsonObject, JsonObject];
  return [
    ...validateFinalizers(object.metadata, old.metadata),
    ...(info.builtin ? validateBuiltinUpdate(fields, before, info) : []),
  ];
}

interface Walk {
  readonly errors: FieldError[];
  /** Whether fields may be left out and values are free: built-in kinds have rules of their own for that. */
  readonly typesOnly: boolean;
}

/** A CRD may restrict names further, and nothing else of metadata. */
function validateMetadataSchema(object: KubernetesObject, info: ResourceInfo): FieldError[] {
  const schema = info.schema.properties?.['metadata']?.properties;
  const errors: FieldError[] = [];
  for (const key of ['name', 'generateName'] as const) {
    const value = object.metadata[key];
    if (schema?.[key] && value !== undefined) errors.push(...checkBounds(value, schema[key], `metadata.${key}`));
  }
  return errors;
}

function validate(value: unknown, schema: Schema, path: string, walk: Walk): void {
  // What is frozen comes from the store. It was valid when it was written, and is not held against rules that came later.
  if (isStored(value)) return;
  if (value === null && schema.nullable) return;
  const wrongType = checkType(value, schema, path);
  if (wrongType) {
    walk.errors.push(wrongType);
    return;
  }
  if (!walk.typesOnly) {
    walk.errors.push(...checkBounds(value, schema, path), ...checkRequired(value, schema, path));
    walk.errors.push(...checkAlternatives(value, schema, path));
  }
  if (Array.isArray(value)) validateItems(value, schema, path, walk);
  else if (isObject(value)) validateFields(value, schema, path, walk);
}

function validateItems(items: readonly unknown[], schema: Schema, path: string, walk: Walk): void {
  if (!schema.items) return;
  for (const [index, item] of items.entries()) validate(item, schema.items, `${path}[${index}]`, walk);
}

function validateFields(object: JsonObject, schema: Schema, path: string, walk: Walk): void {
  for (const [key, value] of Object.entries(object)) {
    const child = childSchema(schema, key);
    if (child) validate(value, child, childPath(path, key), walk);
  }
}

function checkRequired(value: unknown, schema: Schema, path: string): FieldError[] {
  if (!schema.required || !isObject(value)) return [];
  return schema.required.filter((key) => !Object.hasOwn(value, key)).map((key) => required(childPath(path, key)));
}

function checkType(value: unknown, schema: Schema, path: string): FieldError | undefined {
  const type = typeName(value);
  if (schema['x-kubernetes-int-or-string']) {
    const fits = type === 'integer' || type === 'string' || (schema.format === 'quantity' && type === 'number');
    return fits ? undefined : wrongType(path, 'integer,string', type);
  }
  const wanted = schema.type;
  if (wanted === undefined || wanted === type || (wanted === 'number' && type === 'integer')) return undefined;
  return wrongType(path, wanted, type);
}

function wrongType(path: string, wanted: string, found: string): FieldError {
  return typeInvalid(path === '' ? '<nil>' : path, found, `${path} in body must be of type ${wanted}: "${found}"`);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 'integer' : 'number';
  return typeof value;
}

function checkAlternatives(value: unknown, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const fits = (alternative: Schema): boolean => errorsOf(value, alternative, path).length === 0;
  const report = (problem: string): number => errors.push(invalid(path, '', `${JSON.stringify(path)} ${problem}`));
  for (const each of schema.allOf ?? []) errors.push(...errorsOf(value, each, path));
  if (schema.anyOf && !schema['x-kubernetes-int-or-string'] && !schema.anyOf.some(fits))
    report('must validate at least one schema (anyOf)');
  if (schema.oneOf) {
    const count = schema.oneOf.filter(fits).length;
    const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`;
    if (count !== 1) report(`must validate one and only one schema (oneOf). ${found}`);
  }
  if (schema.not && fits(schema.not)) report('must not validate the schema (not)');
  return errors;
}

function errorsOf(value: unknown, schema: Schema, path: string): FieldError[] {
  const walk: Walk = { errors: [], typesOnly: false };
  validate(value, schema, path, walk);
  return walk.errors;
}
