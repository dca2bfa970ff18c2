import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKeys } from './duplicate-keys.ts';

describe('duplicateKeys', () => {
  it.each([
    ['{}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":1,"b":2,"b":3}}', ['a.b', 'a.b']],
    ['{"a":[{"b":1},{"b":1,"b":2}]}', ['a[1].b']],
    ['{"a":[[1,{"b":1,"b":2}]],"c":[]}', ['a[0][1].b']],
    ['{"a":"a\\"a","b":"{\\"b\\":1}"}', []],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['["a","a"]', []],
    ['"a"', []],
  ])('%s', (json, expected) => {
    expect(duplicateKeys(json)).toEqual(expected);
  });

  it('finds nothing in what was written from a value', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => duplicateKeys(JSON.stringify(value)).length === 0));
  });
});
