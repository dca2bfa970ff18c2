import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { Waits } from './waits.ts';

it('tells once of what lasts, and nothing of what passed before its time', async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  using waits = new Waits(clock);
  const begin = (why: string): void => waits.begin('hello', { why, ms: 300, act: () => told.push(why) });
  begin('route missing');
  await clock.advance(200);
  begin('exit code 1');
  await clock.advance(200);
  begin('exit code 1');
  await clock.advance(200);
  expect(told).toEqual(['exit code 1']);
  begin('exit code 1');
  await clock.advance(1000);
  begin('working');
  waits.end('hello');
  await clock.advance(1000);
  expect(told).toEqual(['exit code 1']);
});
