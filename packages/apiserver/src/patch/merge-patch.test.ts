import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxDepth } from './depth.ts';
import { mergePatch } from './merge-patch.ts';

// RFC 7386, appendix A, as far as the patch is an object.
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j with %j gives %j', (target, patch, result) => {
  expect(mergePatch<unknown>(target, patch)).toEqual(result);
});

const json = fc.jsonValue({ maxDepth: 4 });
const object = fc.dictionary(fc.string({ maxLength: 3 }), json);

test('a patch applied twice is a patch applied once, and inputs stay as they were', () => {
  fc.assert(
    fc.property(object, object, (target, patch) => {
      const before = structuredClone({ target, patch });
      const once = mergePatch(target, patch);
      expect(mergePatch(once, patch)).toEqual(once);
      expect({ target, patch }).toEqual(before);
    }),
  );
});

test('an empty patch changes nothing', () => {
  fc.assert(
    fc.property(object, (target) => {
      expect(mergePatch(target, {})).toEqual(target);
    }),
  );
});

test('a key called __proto__ is a key like others', () => {
  const patch: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
  const result = mergePatch<Record<string, unknown>>({}, patch);
  expect(Object.keys(result)).toEqual(['__proto__']);
  expect(result['polluted']).toBeUndefined();
});

test('refuses what is no object, or nested too deeply', () => {
  expect(() => mergePatch({}, [1])).toThrow('must be an object');
  let deep: object = {};
  for (let i = 0; i < 100_000; i++) deep = { a: deep };
  expect(() => mergePatch({}, deep)).toThrow(`deeper than ${maxDepth} levels`);
});
