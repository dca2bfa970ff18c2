import { describe, expect, it } from 'vitest';
import { deadlineOf } from './timeouts.ts';

describe('deadlineOf', () => {
  const timeouts = { totalMs: 10_000, responseStartMs: 7000, idleMs: 5000 };
  it.each([
    [timeouts, undefined, 5000],
    [timeouts, 4000, 9000],
    [timeouts, 9000, 10_000],
    [{ ...timeouts, idleMs: undefined }, undefined, 7000],
    [{ ...timeouts, idleMs: undefined }, 1, 10_000],
    [{ ...timeouts, responseStartMs: undefined, idleMs: undefined }, undefined, 10_000],
  ])('of %j with the last byte at %s is %i', (limits, lastByteAt, expected) => {
    expect(deadlineOf(limits, { arrivedAt: 0, lastByteAt })).toBe(expected);
  });
});
