import { type Lease, resources, systemNamespace } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { GatewayDirectory } from '../src/kubernetes/gateway-directory.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';

const leaseOf = (gateway: string, renewTime: string): Lease => ({
  metadata: {
    namespace: systemNamespace,
    name: `ebb-gateway-${gateway}`,
    labels: { 'ebb.dev/component': 'gateway' },
    annotations: { 'ebb.dev/public-address': `${gateway}:80` },
  },
  spec: { holderIdentity: gateway, leaseDurationSeconds: 10, renewTime },
});

function open(): { client: FakeClient; clock: FakeClock; directory: GatewayDirectory; lists: () => number } {
  const client = createFakeClient();
  const clock = new FakeClock();
  const list = client.list.bind(client);
  let lists = 0;
  Object.assign(client, {
    list: (...args: Parameters<typeof list>) => {
      lists++;
      return list(...args);
    },
  });
  const directory = new GatewayDirectory({ client, clock, logger: silentLogger, except: 'ebb-gateway-own' });
  return { client, clock, directory, lists: () => lists };
}

const hosts = async (directory: GatewayDirectory): Promise<(string | undefined)[]> =>
  (await directory.alive()).map((addresses) => addresses.public?.host);

it('knows the other gateways, until one has not renewed its lease for as long as that holds', async () => {
  const { client, clock, directory } = open();
  for (const gateway of ['own', 'a', 'b']) client.put(resources.leases, leaseOf(gateway, '1'));
  expect(await hosts(directory)).toEqual(['a', 'b']);
  await clock.advance(9000);
  client.put(resources.leases, leaseOf('a', '2'));
  expect(await hosts(directory)).toEqual(['a', 'b']);
  await clock.advance(2000);
  expect(await hosts(directory)).toEqual(['a']);
  client.put(resources.leases, leaseOf('b', '2'));
  expect(await hosts(directory)).toEqual(['a', 'b']);
  client.remove(resources.leases, leaseOf('b', '2'));
  expect(await hosts(directory)).toEqual(['a']);
});

it('deletes the lease of a gateway that is gone for good', async () => {
  const { client, clock, directory } = open();
  client.put(resources.leases, leaseOf('a', '1'));
  expect(await hosts(directory)).toEqual(['a']);
  await clock.advance(61_000);
  expect(await hosts(directory)).toEqual([]);
  expect(client.find(resources.leases, `${systemNamespace}/ebb-gateway-a`)).toBeUndefined();
});

it('asks once for all who ask meanwhile, and always after they asked', async () => {
  const { client, directory, lists } = open();
  const first = hosts(directory);
  await Promise.resolve();
  // While the first answer is on its way a gateway announces itself: who asks from now on hears of it.
  client.put(resources.leases, leaseOf('a', '1'));
  const later = await Promise.all(Array.from({ length: 100 }, () => hosts(directory)));
  await first;
  expect(new Set(later.map((each) => each.join()))).toEqual(new Set(['a']));
  expect(lists()).toBeLessThanOrEqual(2);
});

it('tells who asked that the server does not answer, and asks again', async () => {
  const { client, directory } = open();
  const list = client.list.bind(client);
  Object.assign(client, { list: () => Promise.reject(new Error('no answer')) });
  await expect(directory.alive()).rejects.toThrow('no answer');
  Object.assign(client, { list });
  expect(await hosts(directory)).toEqual([]);
});
