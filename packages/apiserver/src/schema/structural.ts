import type { Schema } from '@ebb/api';
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts';
import { isObject } from './json.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const maxDepth = 100;

/** What keeps a CRD's schema from being structural: the rules without which fields could not be pruned or defaulted. */
export function checkStructural(schema: Schema, path: string): FieldError[] {
  const errors = check(schema, path, 0);
  if (schema.type !== undefined && schema.type !== 'object')
    errors.push(invalid(`${path}.type`, schema.type, 'must be object at the root'));
  return errors;
}

function check(schema: Schema, path: string, depth: number): FieldError[] {
  if (!isObject(schema as unknown)) return [invalid(path, schema, 'must be an object')];
  if (depth > maxDepth) return [forbidden(path, `must not be nested deeper than ${maxDepth}`)];
  const errors = own(schema, path);
  if (schema.$ref !== undefined) errors.push(forbidden(`${path}.$ref`, '$ref is not supported'));
  for (const [key, property] of Object.entries(schema.properties ?? {}))
    errors.push(...check(property, `${path}.properties[${key}]`, depth + 1));
  if (schema.items !== undefined) errors.push(...check(schema.items, `${path}.items`, depth + 1));
  if (isObject(schema.additionalProperties))
    errors.push(...check(schema.additionalProperties, `${path}.additionalProperties`, depth + 1));
  return errors;
}

function own(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  const free = schema['x-kubernetes-int-or-string'] ?? schema['x-kubernetes-preserve-unknown-fields'] ?? false;
  if (type === undefined && !free)
    errors.push(required(`${path}.type`, 'must not be empty for specified object fields'));
  if (type !== undefined && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'));
  if (schema.additionalProperties === false)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  if (schema.properties && isObject(schema.additionalProperties))
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  if (schema.uniqueItems)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (schema['x-kubernetes-list-type'] === 'map' && !schema['x-kubernetes-list-map-keys']?.length)
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  return errors;
}
