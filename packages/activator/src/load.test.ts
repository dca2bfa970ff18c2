import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { LoadReporter } from './load.ts';

it.each([0, 99, 100, 101, 950])('reports early in each second of the clock, begun %d ms into one', async (beginsAt) => {
  const clock = new FakeClock(1_700_000_000_000 + beginsAt);
  const reportedAt: number[] = [];
  using _reporter = new LoadReporter({
    clock,
    gateway: 'gateway-1',
    send: () => void reportedAt.push(clock.now()),
    drained: () => [],
  });
  await clock.advance(4000);
  const first = 1_700_000_000_100 + (beginsAt < 100 ? 0 : 1000);
  expect(reportedAt).toEqual([0, 1, 2, 3].map((second) => first + second * 1000));
});
