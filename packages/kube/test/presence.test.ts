import { type Lease, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { createPresence } from '../src/index.ts';
import { MemoryObjects } from './fake-cluster.ts';

interface Present extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: MemoryObjects;
  readonly announced: Promise<void>;
  readonly lease: () => Lease | undefined;
}

function enter(server = new MemoryObjects()): Present {
  const clock = new FakeClock();
  const presence = createPresence({
    client: server.client,
    namespace: 'default',
    name: 'here',
    identity: 'me',
    labels: { kind: 'one' },
    annotations: { at: '10.0.0.1' },
    clock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = presence.run({ signal: stop.signal });
  return {
    clock,
    server,
    announced: presence.announced,
    lease: () => server.objects.get('default/here') as Lease | undefined,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

it('writes its lease, renews it, and takes it away at the end', async () => {
  const present = enter();
  await present.announced;
  expect(present.lease()).toMatchObject({
    metadata: { labels: { kind: 'one' }, annotations: { at: '10.0.0.1' } },
    spec: { holderIdentity: 'me', leaseDurationSeconds: 10 },
  });
  const first = present.lease()?.spec?.renewTime;
  await present.clock.advance(4000);
  expect(present.lease()?.spec?.renewTime).not.toBe(first);
  await present[Symbol.asyncDispose]();
  expect(present.lease()).toBeUndefined();
});

it('goes on trying while the server does not answer, and makes a lease anew that was deleted', async () => {
  const server = new MemoryObjects();
  server.failure = new StatusError('ServiceUnavailable', 'no answer');
  await using present = enter(server);
  await present.clock.advance(5000);
  expect(present.lease()).toBeUndefined();
  server.failure = undefined;
  await present.clock.advance(1000);
  await present.announced;
  server.objects.clear();
  await present.clock.advance(4000);
  expect(present.lease()?.spec?.holderIdentity).toBe('me');
});

it("leaves somebody else's lease alone when it goes", async () => {
  const present = enter();
  await present.announced;
  const taken = present.lease();
  if (taken) present.server.objects.set('default/here', { ...taken, spec: { holderIdentity: 'other' } } as Lease);
  await present[Symbol.asyncDispose]();
  expect(present.lease()?.spec?.holderIdentity).toBe('other');
});

it('takes its lease away though a renewal that was broken off has come through all the same', async () => {
  const server = new MemoryObjects();
  const present = enter(server);
  await present.announced;
  const { client } = server;
  const remove = client.delete.bind(client);
  let isLate = true;
  client.delete = async (...args) => {
    const wasLate = isLate;
    isLate = false;
    if (wasLate) throw new StatusError('Conflict', 'it was renewed');
    return remove(...args);
  };
  await present[Symbol.asyncDispose]();
  expect(present.lease()).toBeUndefined();
});
