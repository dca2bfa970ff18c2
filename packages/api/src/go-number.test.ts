import { describe, expect, it } from 'vitest';
import { parseGoBool, parseGoFloat, parseGoInt32, parseGoInteger } from './go-number.ts';

describe('parseGoFloat', () => {
  it.each([
    ['1', 1],
    ['-1.0', -1],
    ['.5', 0.5],
    ['5.', 5],
    ['1e2', 100],
    ['1_000', 1000],
    ['NaN', Number.NaN],
    ['Inf', Infinity],
    ['-infinity', -Infinity],
    ['0x1p4', 16],
    ['0x1.8p1', 3],
    ['-0x_Ap0', -10],
  ])('reads %s', (text, value) => expect(parseGoFloat(text)).toBe(value));

  it.each(['', ' 1', '1 ', 'abc', '70%', '0x10', '1__0', '_1', '1_', '1e400', '.', 'e5', '0xp1', '+NaN', '1_e5'])(
    'refuses %j',
    (text) => expect(parseGoFloat(text)).toBeUndefined(),
  );
});

describe('parseGoInteger', () => {
  it('reads integers of any size, and nothing else', () => {
    expect(parseGoInteger('+3')).toBe(3n);
    expect(parseGoInteger('-9223372036854775809')).toBe(-9223372036854775809n);
    for (const text of ['', '1.0', ' 1', '1e3', '0x1', '1_0']) expect(parseGoInteger(text)).toBeUndefined();
  });
});

describe('parseGoInt32', () => {
  it('refuses what does not fit', () => {
    expect(parseGoInt32('2147483647')).toBe(2147483647);
    expect(parseGoInt32('-2147483648')).toBe(-2147483648);
    expect(parseGoInt32('2147483648')).toBeUndefined();
  });
});

describe('parseGoBool', () => {
  it('knows six spellings of each', () => {
    for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) expect(parseGoBool(text)).toBe(true);
    for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) expect(parseGoBool(text)).toBe(false);
    for (const text of ['', 'yes', ' true', 'tRUE']) expect(parseGoBool(text)).toBeUndefined();
  });
});
