import { describe, expect, it } from 'vitest';
import { deadlineOf, waitDeadlineOf } from './timeouts.ts';

describe('deadlineOf', () => {
  const timeouts = { totalMs: 10_000, responseStartMs: 7000, idleMs: 5000 };
  it.each([
    [timeouts, undefined, 5000],
    [timeouts, 4000, 9000],
    [timeouts, 9000, 10_000],
    [{ ...timeouts, idleMs: undefined }, undefined, 7000],
    [{ ...timeouts, idleMs: undefined }, 1, 10_000],
    [{ ...timeouts, responseStartMs: undefined, idleMs: undefined }, undefined, 10_000],
    [{ ...timeouts, requestMs: 3000 }, undefined, 3000],
    [{ ...timeouts, requestMs: 3000 }, 1, 5001],
  ])('of %j with the last byte at %s is %i', (limits, lastByteAt, expected) => {
    expect(deadlineOf(limits, { arrivedAt: 0, lastByteAt })).toBe(expected);
  });

  it('of an upgraded connection heeds the limit on the first byte, not that on an answer', () => {
    const progress = { arrivedAt: 0, lastByteAt: undefined, isUpgraded: true };
    const limits = { totalMs: 10_000, responseStartMs: undefined, idleMs: undefined, requestMs: 3000 };
    expect(deadlineOf(limits, progress)).toBe(10_000);
    expect(deadlineOf({ ...limits, responseStartMs: 7000 }, progress)).toBe(7000);
  });
});

describe('waitDeadlineOf', () => {
  const timeouts = { totalMs: 10_000, responseStartMs: undefined, idleMs: undefined };
  it.each([
    [{}, 0, 11_000],
    [{ queueMs: 500 }, 0, 1500],
    // A cold start does not count.
    [{ queueMs: 500 }, 3000, 3500],
    [{ queueMs: 60_000 }, 3000, 11_000],
    [{ queueMs: 5000, waitMs: 400 }, 0, 1400],
  ])('with %j and instances since %i is %i', (more, servingSince, expected) => {
    const wait = { arrivedAt: 1000, retryUntil: undefined, servingSince };
    expect(waitDeadlineOf({ ...timeouts, ...more }, wait)).toBe(expected);
  });
});
