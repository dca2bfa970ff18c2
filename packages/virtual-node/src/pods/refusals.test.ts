import type { Pod } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

const pod = (annotations: Record<string, string> = {}, uid = 'u'): Pod => ({
  metadata: { name: 'p', namespace: 'shop', uid, annotations },
  spec: { containers: [] },
});
const why = (message: string): readonly [{ type: 'Warning'; reason: string; message: string }] => [
  { type: 'Warning', reason: 'Failed', message },
];

it('lets a pod that was refused rest, until it is mended, is another, or its time is over', async () => {
  const clock = new FakeClock(0);
  const refusals = new Refusals(clock);
  refusals.rest(pod(), 5000);
  await clock.advance(1000);
  expect([pod(), pod({ mended: 'yes' }), pod({}, 'another')].map((each) => refusals.restMs(each))).toEqual([
    4000, 0, 0,
  ]);
  refusals.wake('shop/p');
  expect(refusals.restMs(pod())).toBe(0);
});

it('tells what a pod waits for once a minute, and at once when that is something else', async () => {
  const clock = new FakeClock(0);
  const refusals = new Refusals(clock);
  const told = (message: string): number => refusals.news(pod(), why(message)).length;
  expect([told('a'), told('a'), told('b'), told('b')]).toEqual([1, 0, 1, 0]);
  await clock.advance(60_000);
  expect([told('b'), told('b')]).toEqual([1, 0]);
});
