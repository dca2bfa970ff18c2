import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Ingress, type Lease, ingressClass, keys, resources, revisionSplit, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { ingressHash } from '@ebb/router';
import { describe, expect, it } from 'vitest';
import { type Gateway, createGateway } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { expectSoon } from './harness.ts';

const timing = { leaseDurationSeconds: 2, renewDeadlineSeconds: 1.5, retryPeriodSeconds: 0.2 };

const open = (client: FakeClient, name: string): Promise<Gateway> =>
  createGateway({
    client,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    name,
    listeners: { public: { host: '127.0.0.1', port: 0 }, private: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
    peers: { advertise: '127.0.0.1', leaseDurationSeconds: 2, timing },
  });

const ingressOf = (name: string, generation = 1): Ingress => ({
  metadata: { namespace: 'default', name, generation, annotations: { [keys.ingressClass]: ingressClass } },
  spec: {
    rules: [
      {
        visibility: 'ExternalIP',
        hosts: [`${name}.example.com`],
        http: {
          paths: [{ splits: [revisionSplit({ namespace: 'default', name: 'r' }, 100)] }],
        },
      },
    ],
  },
});

const leaseOf = (client: FakeClient, name: string): Lease | undefined =>
  client.find(resources.leases, `${systemNamespace}/${name}`);

const isReady = (client: FakeClient, name: string): boolean =>
  client
    .find(resources.ingresses, `default/${name}`)
    ?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Another gateway, that answers probes as told, and counts the connections it was given. */
interface Stranger extends AsyncDisposable {
  answers: 'nothing' | 'starting' | 'an old version' | 'the like of another generation' | 'this version';
  connections: number;
  /** Its Lease, as it announces itself. */
  readonly lease: Lease;
}

async function openStranger(hash: () => string): Promise<Stranger> {
  const server = createServer((_, response) => {
    if (stranger.answers === 'nothing') return;
    const served = stranger.answers === 'an old version' ? 'old' : hash();
    const version = stranger.answers === 'the like of another generation' ? { 'Ebb-Ingress-Version': 'u/0' } : {};
    response.writeHead(stranger.answers === 'starting' ? 503 : 200, { 'K-Network-Hash': served, ...version }).end();
  });
  server.on('connection', () => stranger.connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stranger: Stranger = {
    answers: 'starting',
    connections: 0,
    lease: {
      metadata: {
        namespace: systemNamespace,
        name: 'ebb-gateway-stranger',
        labels: { 'ebb.dev/component': 'gateway' },
        annotations: { 'ebb.dev/public-address': `127.0.0.1:${port}` },
      },
      spec: { holderIdentity: 'stranger', leaseDurationSeconds: 2, renewTime: 'once' },
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return stranger;
}

describe('several gateways', () => {
  it('announce themselves and leave again; one writes for all, and another when that one leaves', async () => {
    const client = createFakeClient();
    const a = await open(client, 'a');
    await a.ready;
    await using b = await open(client, 'b');
    await b.ready;
    expect(leaseOf(client, 'ebb-gateway-a')?.metadata.annotations).toMatchObject({
      'ebb.dev/public-address': `127.0.0.1:${a.publicAddress.port}`,
      'ebb.dev/private-address': `127.0.0.1:${a.privateAddress?.port}`,
    });
    await expectSoon(() => leaseOf(client, 'ebb-gateway-status')?.spec?.holderIdentity === 'a');
    client.put(resources.ingresses, ingressOf('one'));
    await expectSoon(() => isReady(client, 'one'));
    await a.close({ graceMs: 0 });
    expect(leaseOf(client, 'ebb-gateway-a')).toBeUndefined();
    client.put(resources.ingresses, ingressOf('two'));
    await expectSoon(() => isReady(client, 'two'));
    expect(leaseOf(client, 'ebb-gateway-status')?.spec?.holderIdentity).toBe('b');
  });

  it.each(['nothing', 'starting', 'an old version', 'the like of another generation'] as const)(
    'an Ingress is not ready while one of them answers with %s, and is once it serves it',
    async (answers) => {
      const client = createFakeClient();
      await using stranger = await openStranger(() => ingressHash(ingressOf('one')));
      stranger.answers = answers;
      client.put(resources.leases, stranger.lease);
      await using gateway = await open(client, 'a');
      await gateway.ready;
      client.put(resources.ingresses, ingressOf('one'));
      // Alive: it renews its lease.
      const renew = (times: number): void =>
        client.put(resources.leases, { ...stranger.lease, spec: { ...stranger.lease.spec, renewTime: `${times}` } });
      const began = systemClock.now();
      let times = 0;
      await expectSoon(() => {
        renew(times++);
        expect(isReady(client, 'one')).toBe(false);
        return stranger.connections > 0 && systemClock.now() - began > 1200;
      });
      stranger.answers = 'this version';
      await expectSoon(() => {
        renew(times++);
        return isReady(client, 'one');
      });
    },
  );

  it('one that no longer renews its lease is waited for no longer than that holds', async () => {
    const client = createFakeClient();
    await using stranger = await openStranger(() => '');
    client.put(resources.leases, stranger.lease);
    await using gateway = await open(client, 'a');
    await gateway.ready;
    client.put(resources.ingresses, ingressOf('one'));
    await expectSoon(() => stranger.connections > 0);
    expect(isReady(client, 'one')).toBe(false);
    await expectSoon(() => isReady(client, 'one'));
  });

  it('are asked for two hundred Ingresses over a few connections', async () => {
    const client = createFakeClient();
    const names = Array.from({ length: 200 }, (_, i) => `i${i}`);
    await using stranger = await openStranger(() => '');
    stranger.answers = 'starting';
    client.put(resources.leases, { ...stranger.lease, spec: { ...stranger.lease.spec, leaseDurationSeconds: 1 } });
    for (const name of names) client.put(resources.ingresses, ingressOf(name));
    await using gateway = await open(client, 'a');
    await expectSoon(() => names.every((name) => isReady(client, name)));
    expect(gateway.publicAddress.port).toBeGreaterThan(0);
    expect(stranger.connections).toBeLessThan(100);
  });
});
