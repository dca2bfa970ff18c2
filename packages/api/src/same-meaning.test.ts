import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDifference, sameMeaning } from './same-meaning.ts';

describe('sameMeaning', () => {
  it.each([
    [{}, {}],
    [{ a: {} }, {}],
    [{ a: [] }, { a: undefined }],
    [{ a: null }, {}],
    [undefined, {}],
    [{ limits: { cpu: '1' } }, { limits: { cpu: '1000m' } }],
    [{ requests: { cpu: 1 } }, { requests: { cpu: '1' } }],
  ])('holds for %j and %j', (a, b) => {
    expect(sameMeaning(a, b)).toBe(true);
    expect(sameMeaning(b, a)).toBe(true);
  });

  it.each([
    [{ a: 1 }, {}],
    [{ a: 0 }, {}],
    [{ a: '1' }, { a: 1 }],
    [{ env: { cpu: '1' } }, { env: { cpu: '1000m' } }],
    [
      [1, 2],
      [2, 1],
    ],
    [[{}], []],
    [{ a: [1] }, { a: { 0: 1 } }],
  ])('does not hold for %j and %j', (a, b) => {
    expect(sameMeaning(a, b)).toBe(false);
    expect(sameMeaning(b, a)).toBe(false);
  });

  it('holds for copies, and finds any change of a field', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, key) => {
        expect(sameMeaning(value, structuredClone(value))).toBe(true);
        expect(sameMeaning(value, { ...value, [`new ${key}`]: 'x' })).toBe(
          Object.hasOwn(value, `new ${key}`) && value[`new ${key}`] === 'x',
        );
      }),
    );
  });

  it('tells where two values differ', () => {
    expect(describeDifference({ a: { b: 1 }, c: 'x' }, { a: { b: 2 }, d: [1] })).toBe(
      '-a.b: 1\n+a.b: 2\n-c: "x"\n+d: [1]',
    );
  });
});
