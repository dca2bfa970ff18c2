import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { Activator } from './activator.ts';
import type { Lease } from './lease.ts';
import { Line } from './line.ts';

const key = 'default/hello-00001';
const readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;

interface Load {
  readonly everyMs: number;
  /** How long the client of the n-th request waits for its answer. */
  readonly patienceMs: (n: number) => number;
}

/** How many of the requests of 20 seconds are answered by an instance with two slots that needs half a second for each. */
async function answeredOf({ everyMs, patienceMs }: Load): Promise<number[]> {
  const clock = new FakeClock();
  using activator = new Activator({
    clock,
    logger: silentLogger,
    random: () => 0.5,
    gateway: 'g',
    sendStats: () => {},
    attempt: () => Promise.resolve(false),
  });
  activator.setRevision(key, { containerConcurrency: 2, readiness });
  activator.setPod(key, { name: 'a', address: { host: '127.0.0.1', port: 1 }, ready: true, draining: false });
  const answered: number[] = [];
  const ask = (n: number): void => {
    let lease: Lease | undefined;
    const granted = (given: Lease): void => {
      lease = given;
      const answering = clock.after(500, () => {
        answered.push(n);
        given.responded();
        given.release();
        leaving[Symbol.dispose]();
      });
      onLeave = () => answering[Symbol.dispose]();
    };
    let onLeave = (): void => waiter?.cancel();
    const leaving = clock.after(patienceMs(n), () => {
      onLeave();
      lease?.abandon();
    });
    const entered = activator.enter(key, { granted, refused: () => {} });
    const waiter = 'cancel' in entered ? entered : undefined;
    if ('release' in entered) granted(entered);
  };
  let n = 0;
  using _ = clock.every(everyMs, () => ask(n++));
  await clock.advance(20_000);
  return answered;
}

it('answers as much as there is room for of fifty times more requests, though all clients leave after a second', async () => {
  const answered = await answeredOf({ everyMs: 5, patienceMs: () => 1000 });
  // Four a second are possible.
  expect(answered.length).toBeGreaterThan(70);
});

it('goes on answering those who are patient', async () => {
  const isPatient = (n: number): boolean => n % 50 === 0;
  const answered = await answeredOf({ everyMs: 5, patienceMs: (n) => (isPatient(n) ? 60_000 : 1000) });
  expect(answered.length).toBeGreaterThan(70);
  expect(answered.filter(isPatient).length).toBeGreaterThan(20);
});

it('keeps strictly to the order as long as clients wait', async () => {
  const answered = await answeredOf({ everyMs: 100, patienceMs: () => 60_000 });
  expect(answered).toEqual(answered.map((_, index) => index));
  expect(answered.length).toBeGreaterThan(70);
});

it('is over as soon as nobody waits', () => {
  const order: number[] = [];
  const line = new Line();
  const stand = (count: number): void => {
    for (let n = 0; n < count; n++) line.push('request', { granted: () => order.push(n), refused: () => {} });
  };
  const serve = (): void => {
    for (let next = line.next(); next; next = line.next()) next.caller.granted({} as Lease);
  };
  stand(4);
  for (let i = 0; i < 8; i++) line.tellOutcome(false);
  serve();
  stand(4);
  serve();
  expect(order).toEqual([3, 0, 2, 1, 0, 1, 2, 3]);
});
