import type { Schema } from '@ebb/api';
import { atomicClasses, fieldExtensions, quantityFields } from './extensions.ts';
import { type Model, type ModelField, readModel } from './models.ts';

/** A schema that takes what Kubernetes takes for an amount: a string such as `500m`, or a number. */
const quantity: Schema = { 'x-kubernetes-int-or-string': true, format: 'quantity' };

const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** Classes that hold themselves, or mean "any JSON". */
const opaque = new Set(['V1JSONSchemaProps', 'V1Patch', 'RuntimeRawExtension']);

const schemas = new Map<string, Schema>();
const classNames = new WeakMap<object, string>();

/**
 * The schema of a class of `@kubernetes/client-node`, with no `$ref` in it. Schemas of the same class share their
 * `properties`, which `classOf` recognizes; they must not be changed. Throws if there is no such class.
 */
export function schemaOfClass(className: string): Schema {
  const known = schemas.get(className);
  if (known) return known;
  const model = readModel(className);
  if (!model) throw new Error(`@kubernetes/client-node has no model ${className}`);
  const schema = schemaOfModel(className, model);
  schemas.set(className, schema);
  return schema;
}

/** The class whose properties these are, if `schemaOfClass` built them. */
export function classOf(properties: object | undefined): string | undefined {
  return properties && classNames.get(properties);
}

function schemaOfModel(className: string, model: Model): Schema {
  const properties: Record<string, Schema> = {};
  for (const field of model.fields) properties[field.name] = schemaOfField(className, field);
  classNames.set(properties, className);
  const required = model.fields.filter((field) => field.required).map((field) => field.name);
  return {
    type: 'object',
    ...describe(model.description),
    properties,
    ...(required.length > 0 ? { required } : {}),
    ...(atomicClasses.has(className) ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
  };
}

function schemaOfField(className: string, field: ModelField): Schema {
  return {
    ...schemaOfType(field.type, quantityFields[className]?.includes(field.name) ? 'quantity' : field.format),
    ...describe(field.description),
    ...fieldExtensions[className]?.[field.name],
  };
}

function schemaOfType(type: string, format: string): Schema {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return { type: 'array', items: schemaOfType(item, format) };
  const value = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (value !== undefined) return { type: 'object', additionalProperties: schemaOfType(value, format) };
  if (format === 'quantity') return quantity;
  return scalar(type, format) ?? (opaque.has(type) ? { type: 'object', ...anything } : schemaOfClass(type));
}

function scalar(type: string, format: string): Schema | undefined {
  switch (type) {
    case 'string':
      return { type: 'string', ...(format === '' ? {} : { format }) };
    case 'number':
      return format.startsWith('int') ? { type: 'integer', format } : { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'Date':
    case 'V1MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'IntOrString':
      return { 'x-kubernetes-int-or-string': true };
    case 'any':
    case 'object':
      return anything;
    default:
      return undefined;
  }
}

function describe(description: string): Pick<Schema, 'description'> {
  return description === '' ? {} : { description };
}
