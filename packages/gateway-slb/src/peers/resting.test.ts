import { expect, it } from 'vitest';
import { Resting } from './resting.ts';

it('leaves in peace until the time is over', () => {
  const resting = new Resting();
  resting.rest('a', 100, 0);
  expect([resting.has('a', 99), resting.has('a', 100), resting.has('b', 0)]).toEqual([true, false, false]);
  resting.rest('b', 300, 200);
  resting.rest('b', 400, 250);
  expect([resting.has('a', 99), resting.has('b', 399)]).toEqual([false, true]);
});
