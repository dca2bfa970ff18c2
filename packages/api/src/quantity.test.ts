import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

describe('parseQuantity', () => {
  it.each([
    ['1', 1],
    ['500m', 0.5],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['.5', 0.5],
    ['2e3', 2000],
    ['2E-1', 0.2],
    ['3E', 3e18],
    ['+1k', 1000],
    ['-1Ki', -1024],
    ['100n', 1e-7],
  ])('reads %s as %d', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 12));

  it.each(['', 'a', '1 Gi', '1Kb', 'Gi', '1..2', '0x10', 'NaN', '1e', '--1'])('refuses %j', (text) =>
    expect(() => parseQuantity(text)).toThrow('quantities must match'),
  );

  it('orders whole numbers by their suffix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), (n) => {
        const values = ['m', '', 'k', 'Ki', 'M', 'Mi', 'G', 'Gi'].map((suffix) => parseQuantity(`${n}${suffix}`));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
      }),
    );
  });
});
