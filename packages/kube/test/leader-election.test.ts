import { type Lease, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KubeClient, type LeaseOptions, runWithLease } from '../src/index.ts';
import { MemoryObjects, unreliable } from './fake-cluster.ts';

interface Contender {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface Entry extends Pick<LeaseOptions, 'client' | 'annotations' | 'onHolder'> {
  readonly endMs: number;
}

class Election implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly server = new MemoryObjects();
  readonly leading = new Set<string>();
  /** Most leaders there were at a time. */
  most = 0;
  readonly #contenders: Contender[] = [];

  /** @param endMs How long its work goes on after it was told to stop. */
  enter(identity: string, { client = this.server.client, endMs = 0, ...more }: Partial<Entry> = {}): Contender {
    const stop = new AbortController();
    const options: LeaseOptions = {
      ...more,
      client,
      namespace: 'default',
      name: 'lock',
      identity,
      clock: this.clock,
      logger: silentLogger,
    };
    const done = runWithLease(options, ({ signal }) => this.#lead(identity, signal, endMs), { signal: stop.signal });
    const contender = { stop, done };
    this.#contenders.push(contender);
    return contender;
  }

  /** Stops all and lets them end. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#contenders) stop.abort();
    await this.clock.advance(60_000);
    await Promise.all(this.#contenders.map(({ done }) => done));
  }

  get lease(): Lease {
    return this.server.objects.get('default/lock') as Lease;
  }

  async #lead(identity: string, signal: AbortSignal, endMs: number): Promise<void> {
    this.leading.add(identity);
    this.most = Math.max(this.most, this.leading.size);
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    if (endMs > 0) await this.clock.sleep(endMs);
    this.leading.delete(identity);
  }
}

test('one of several leads, and renews its lease', async () => {
  await using election = new Election();
  for (const name of ['a', 'b', 'c']) election.enter(name);
  await election.clock.advance(60_000);
  expect([...election.leading]).toEqual(['a']);
  expect(election.most).toBe(1);
  expect(election.lease.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(election.lease.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test('a leader that stops hands over at once', async () => {
  await using election = new Election();
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
  await using election = new Election();
  const cutOff = new MemoryObjects();
  Object.defineProperty(cutOff, 'objects', { value: election.server.objects });
  election.enter('a', { client: cutOff.client });
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
  await using election = new Election();
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

test('tells each contender who leads, and on the Lease where the leader is', async () => {
  await using election = new Election();
  const seen: string[] = [];
  const a = election.enter('a', { annotations: { at: '10.0.0.1' } });
  await election.clock.advance(0);
  election.enter('b', { annotations: { at: '10.0.0.2' }, onHolder: (holder) => seen.push(holder) });
  await election.clock.advance(10_000);
  expect(election.lease.metadata.annotations).toEqual({ at: '10.0.0.1' });
  a.stop.abort();
  await a.done;
  await election.clock.advance(2000);
  expect(seen).toEqual(['a', 'b']);
  expect(election.lease.metadata.annotations).toEqual({ at: '10.0.0.2' });
});

test('a write of somebody else to the Lease takes it from nobody', async () => {
  await using election = new Election();
  election.enter('a');
  election.enter('b');
  await election.clock.advance(5000);
  const { client } = election.server;
  const update = client.update.bind(client);
  const crossed = async (...args: Parameters<KubeClient['update']>): Promise<unknown> => {
    Object.assign(client, { update });
    await update(args[0], { ...election.lease, metadata: { ...election.lease.metadata, labels: { seen: 'yes' } } });
    return update(...args);
  };
  Object.assign(client, { update: crossed });
  await election.clock.advance(10_000);
  expect([...election.leading]).toEqual(['a']);
  expect(election.lease.metadata.labels).toEqual({ seen: 'yes' });
  expect(election.lease.spec?.leaseTransitions).toBe(0);
});

test('a Lease that is deleted still gives its holder the time to stop', async () => {
  await using election = new Election();
  const cutOff = unreliable(election.server.client, { clock: election.clock, random: () => 0 });
  election.enter('a', { client: cutOff.client });
  await election.clock.advance(1000);
  election.enter('b');
  await election.clock.advance(1000);
  cutOff.reliable = false;
  election.server.objects.clear();
  await election.clock.advance(30_000);
  expect([...election.leading]).toEqual(['b']);
  expect(election.most).toBe(1);
});

test('whatever is lost or late, no two lead at once, and in the end one does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(fc.nat(4000), { minLength: 2, maxLength: 4 }), async (seed, ends) => {
      await using election = new Election();
      const contenders = ends.map((endMs, i) => {
        const way = unreliable(election.server.client, { clock: election.clock, random: randomFrom(seed + i) });
        return { way, ...election.enter(`contender-${i}`, { client: way.client, endMs }) };
      });
      const choose = randomFrom(seed - 1);
      for (let turn = 0; turn < 20; turn++) {
        for (const { way } of contenders) way.reliable = choose() < 0.5;
        await election.clock.advance(choose() * 20_000);
        expect(election.most).toBeLessThanOrEqual(1);
      }
      for (const { way } of contenders) way.reliable = true;
      await election.clock.advance(60_000);
      expect(election.leading.size).toBe(1);
    }),
    { numRuns: 60 },
  );
});

/** Numbers in [0, 1), the same for the same seed (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
