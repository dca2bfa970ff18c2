import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { Activator } from './activator.ts';
import type { ActivatorLimits } from './activator-options.ts';
import type { ColdStart } from './cold-start.ts';
import type { Lease } from './lease.ts';

const key = 'default/hello-00001';
const readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;

function open(limits: Partial<ActivatorLimits> = {}): { clock: FakeClock; activator: Activator; told: ColdStart[] } {
  const clock = new FakeClock();
  const told: ColdStart[] = [];
  const activator = new Activator({
    clock,
    logger: silentLogger,
    random: () => 0.5,
    gateway: 'g',
    sendStats: () => {},
    limits,
    attempt: () => Promise.resolve(false),
    onColdStart: (coldStart) => void told.push(coldStart),
  });
  activator.setRevision(key, { containerConcurrency: 0, readiness });
  return { clock, activator, told };
}

it('tells once of each cold start, and when the instance came how far', async () => {
  const { clock, activator, told } = open();
  using _closing = activator;
  const began = clock.now();
  const leases: Lease[] = [];
  const ask = (): void =>
    void activator.enter(key, { granted: (lease) => void leases.push(lease), refused: () => {}, arrivedAt: began - 1 });
  ask();
  ask();
  await clock.advance(100);
  const pod = { name: 'a', address: { host: '127.0.0.1', port: 1 }, draining: false };
  activator.setPod(key, { ...pod, ready: false, times: { decided: began + 2, seen: began + 3 } });
  await clock.advance(50);
  activator.setPod(key, { ...pod, ready: true, times: { decided: began + 9, seen: began + 9, started: began + 140 } });
  await clock.advance(5);
  expect(told).toEqual([]);
  for (const lease of leases) lease.responded();
  expect(told).toEqual([
    {
      revision: key,
      pod: 'a',
      waiting: 2,
      accepted: began - 1,
      queued: began,
      instance: { decided: began + 2, seen: began + 3, started: began + 140, probed: began + 100, ready: began + 150 },
      granted: began + 150,
      firstByte: began + 155,
    },
  ]);
  expect(leases[1]?.times.ready).toBe(began + 150);
});

it('lets those who wait hold no more bytes than there is room for, and gives room back', () => {
  const { activator } = open({ waitingBytesPerRevision: 10_000 });
  using _closing = activator;
  const caller = { granted: () => {}, refused: () => {}, heldBytes: 4000 };
  const first = activator.enter(key, caller);
  activator.enter(key, caller);
  expect(() => activator.enter(key, caller)).toThrow('pending request queue full');
  expect(activator.waitingBytes).toBe(8000);
  if ('cancel' in first) first.cancel();
  activator.enter(key, caller);
  activator.deleteRevision(key);
  expect([activator.waiting, activator.waitingBytes]).toEqual([0, 0]);
});
