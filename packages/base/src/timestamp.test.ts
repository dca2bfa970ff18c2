import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toTimestamp } from './timestamp.ts';

test('writes any moment in whole seconds, whatever was written before', () => {
  expect(toTimestamp(0)).toBe('1970-01-01T00:00:00Z');
  expect(toTimestamp(-1)).toBe('1969-12-31T23:59:59Z');
  expect(() => toTimestamp(Number.NaN)).toThrow(RangeError);
  const moment = fc.integer({ min: -1e14, max: 1e14 });
  fc.assert(
    fc.property(fc.array(moment), (all) => {
      for (const ms of all) expect(toTimestamp(ms)).toBe(new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'));
    }),
  );
});
