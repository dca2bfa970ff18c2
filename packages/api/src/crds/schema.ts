import type { Schema } from '../crd.ts';

/** Short ways to write structural schemas; each takes the description that `kubectl explain` shows. */

export const text = (description: string, more: Partial<Schema> = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const integer = (description: string, more: Partial<Schema> = {}): Schema => ({
  type: 'integer',
  description,
  ...more,
});
export const int32 = (description: string, more: Partial<Schema> = {}): Schema =>
  integer(description, { format: 'int32', ...more });
export const int64 = (description: string, more: Partial<Schema> = {}): Schema =>
  integer(description, { format: 'int64', ...more });

/** An object with these fields and no others. */
export const object = (
  description: string,
  properties: Record<string, Schema>,
  more: Partial<Schema> = {},
): Schema => ({
  type: 'object',
  description,
  properties,
  ...more,
});

export const list = (description: string, items: Schema, more: Partial<Schema> = {}): Schema => ({
  type: 'array',
  description,
  items,
  ...more,
});

/** A list whose items are told apart by a key. */
export const listByKey = (description: string, key: string, items: Schema): Schema =>
  list(description, items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });

export const atomicList = (description: string, items: Schema): Schema =>
  list(description, items, { 'x-kubernetes-list-type': 'atomic' });

export const textMap = (description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: { type: 'string' },
});

/** An object whose fields belong to one writer together, in server-side apply. */
export const atomic = (schema: Schema): Schema => ({ ...schema, 'x-kubernetes-map-type': 'atomic' });

/** Text or a whole number, such as a port or a quantity. */
export const intOrString = (description: string): Schema => ({
  description,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  'x-kubernetes-int-or-string': true,
});

export const quantityMap = (description: string): Schema => ({
  type: 'object',
  description,
  additionalProperties: intOrString('A quantity, such as 500m or 1Gi.'),
});

/** Any object: what stands behind a feature flag is checked by admission alone. */
export const anyObject = (description: string): Schema => ({
  type: 'object',
  description,
  'x-kubernetes-preserve-unknown-fields': true,
});
