import { describe, expect, it } from 'vitest';
import { RestartBackoff } from './restart-backoff.ts';

describe('the restart back-off', () => {
  it('is nothing at first, then doubles to five minutes, and begins anew after a long run', () => {
    const backoff = new RestartBackoff();
    const waits = [0, 0, 0, 0, 0, 0, 0, 0].map((ran) => backoff.next(ran) / 1000);
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(backoff.next(600_000)).toBe(0);
  });
});
