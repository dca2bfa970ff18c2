import { type Lease, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type LeaseOptions, runWithLease } from '../src/index.ts';
import { MemoryObjects } from './fake-cluster.ts';

interface Contender {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

class Election {
  readonly clock = new FakeClock();
  readonly server = new MemoryObjects();
  readonly leading = new Set<string>();
  /** Most leaders there were at a time. */
  most = 0;

  enter(identity: string, server: MemoryObjects = this.server): Contender {
    const stop = new AbortController();
    const options: LeaseOptions = {
      client: server.client,
      namespace: 'default',
      name: 'lock',
      identity,
      clock: this.clock,
      logger: silentLogger,
    };
    const done = runWithLease(options, ({ signal }) => this.#lead(identity, signal), { signal: stop.signal });
    onTestFinished(async () => {
      stop.abort();
      await done;
    });
    return { stop, done };
  }

  get lease(): Lease {
    return this.server.objects.get('default/lock') as Lease;
  }

  async #lead(identity: string, signal: AbortSignal): Promise<void> {
    this.leading.add(identity);
    this.most = Math.max(this.most, this.leading.size);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    this.leading.delete(identity);
  }
}

test('one of several leads, and renews its lease', async () => {
  const election = new Election();
  for (const name of ['a', 'b', 'c']) election.enter(name);
  await election.clock.advance(60_000);
  expect([...election.leading]).toEqual(['a']);
  expect(election.most).toBe(1);
  expect(election.lease.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(election.lease.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test('a leader that stops hands over at once', async () => {
  const election = new Election();
  const a = election.enter('a');
  await election.clock.advance(0);
  election.enter('b');
  await election.clock.advance(5000);
  a.stop.abort();
  await a.done;
  await election.clock.advance(2000);
  expect([...election.leading]).toEqual(['b']);
  expect(election.lease.spec?.leaseTransitions).toBe(1);
});

test('a leader cut off stops before another begins, and contends again', async () => {
  const election = new Election();
  const cutOff = new MemoryObjects();
  Object.defineProperty(cutOff, 'objects', { value: election.server.objects });
  election.enter('a', cutOff);
  await election.clock.advance(5000);
  election.enter('b');
  cutOff.failure = new StatusError('ServiceUnavailable', 'cut off');
  await election.clock.advance(11_000);
  expect([...election.leading]).toEqual([]);
  await election.clock.advance(10_000);
  expect([...election.leading]).toEqual(['b']);
  expect(election.most).toBe(1);
});

test('ends when the work ends, giving the lease back, and rejects with what the work throws', async () => {
  const election = new Election();
  const options = { client: election.server.client, namespace: 'default', name: 'lock', identity: 'a' };
  const all = { ...options, clock: election.clock, logger: silentLogger };
  const { signal } = new AbortController();
  await runWithLease(all, async () => {}, { signal });
  expect(election.lease.spec?.holderIdentity).toBe('');
  const fail = async (): Promise<void> => {
    throw new Error('work failed');
  };
  await expect(runWithLease(all, fail, { signal })).rejects.toThrow('work failed');
  expect(election.lease.spec?.holderIdentity).toBe('');
});
