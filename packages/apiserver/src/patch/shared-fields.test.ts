import { expect, test } from 'vitest';
import { FieldSet } from './field-set.ts';
import { sharedFields, sharedSet } from './shared-fields.ts';

const setOf = (...fields: string[]): FieldSet => {
  const set = new FieldSet();
  for (const field of fields) set.add(['f:spec', `f:${field}`]);
  return set;
};

test('sets that are alike are held once, as texts and as sets', () => {
  const fields = sharedFields(setOf('image', 'name'));
  expect(fields).toEqual({ 'f:spec': { 'f:image': {}, 'f:name': {} } });
  expect(sharedFields(setOf('image', 'name'))).toBe(fields);
  expect(sharedFields(setOf('name'))).not.toBe(fields);

  // As an object that was read from disk has them.
  const read = Object.freeze({
    'f:spec': Object.freeze({ 'f:image': Object.freeze({}), 'f:name': Object.freeze({}) }),
  });
  expect(sharedSet(read)).toBe(sharedSet(fields));
});

test('what a client sent may still be changed, and is not kept', () => {
  const sent = { 'f:spec': { 'f:image': {} } };
  expect(sharedSet(sent)?.encode()).toEqual(sent);
  expect(sharedSet(sent)).not.toBe(sharedSet(sent));
});
