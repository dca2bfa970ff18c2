import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['60s', 60_000],
    ['1h2m3.5s', 3_723_500],
    ['-1.5h', -5_400_000],
    ['+5m', 300_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['6s1ns', 6000.000001],
    ['1us', 0.001],
    ['1µs', 0.001],
  ])('reads %s as %d ms', (text, ms) => expect(parseGoDuration(text)).toBe(ms === 0 ? 0 : ms));

  it.each(['', '60', 's', '1 s', ' 1s', '1d', '1e3s', '1h-2m', '.s', '9999999h', '1s\n'])('refuses %j', (text) =>
    expect(parseGoDuration(text)).toBeUndefined(),
  );
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [6000, '6s'],
    [3_600_000, '1h0m0s'],
    [90_000, '1m30s'],
    [1500, '1.5s'],
    [500, '500ms'],
    [0.5, '500µs'],
    [0.000001, '1ns'],
    [-61_000, '-1m1s'],
  ])('writes %d ms as %s', (ms, text) => expect(formatGoDuration(ms)).toBe(text));

  it('writes what can be read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseGoDuration(formatGoDuration(ms))).toBeCloseTo(ms, 3);
      }),
    );
  });
});
