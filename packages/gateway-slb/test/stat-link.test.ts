import { type IncomingMessage, createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type Lease,
  type StatReport,
  autoscalerLease,
  resources,
  statsAddressAnnotation,
  systemNamespace,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type StatLink, createStatLink } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { expectSoon } from './harness.ts';

const reportOf = (gateway: string, atMs = systemClock.now()): StatReport => ({
  gateway,
  atMs,
  revisions: [],
  drained: [],
});

const leaseOf = (holderIdentity: string, address: string): Lease => ({
  metadata: {
    namespace: systemNamespace,
    name: autoscalerLease,
    annotations: { [statsAddressAnnotation]: address },
  },
  spec: { holderIdentity },
});

/** Stands in for an autoscaler: notes who reported, and from which connection. */
interface Receiver extends AsyncDisposable {
  readonly address: string;
  readonly gateways: string[];
  readonly posts: { readonly token: string | undefined; readonly from: number | undefined }[];
  /** Held back as long as it is set. */
  hangs: boolean;
  /** What it answers. */
  status: number;
}

async function openReceiver(): Promise<Receiver> {
  const receiver = { gateways: [] as string[], posts: [] as Receiver['posts'], hangs: false, status: 204 };
  const take = async (request: IncomingMessage): Promise<void> => {
    const reports = JSON.parse(await text(request)) as StatReport[];
    receiver.gateways.push(...reports.map(({ gateway }) => gateway));
    receiver.posts.push({ token: request.headers.authorization, from: request.socket.remotePort });
  };
  const server = createServer((request, response) => {
    if (receiver.hangs) return;
    void take(request).then(() => response.writeHead(receiver.status).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function openLink(client: FakeClient, more: Partial<Parameters<typeof createStatLink>[0]> = {}): StatLink {
  const common = { client, clock: systemClock, logger: silentLogger, token: () => 'secret' };
  const link = createStatLink({ ...common, ...more });
  const stop = new AbortController();
  const running = link.run({ signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return link;
}

describe('a stat link', () => {
  it('reports to whoever holds the lease, on one connection, and to the next one when that changes', async () => {
    await using first = await openReceiver();
    await using second = await openReceiver();
    const client = createFakeClient();
    const link = openLink(client);
    client.put(resources.leases, leaseOf('a', first.address));
    await expectSoon(() => {
      link.send(reportOf('one'));
      return first.posts.length >= 3;
    });
    expect(new Set(first.posts.map(({ token }) => token))).toEqual(new Set(['Bearer secret']));
    expect(new Set(first.posts.map(({ from }) => from)).size).toBe(1);
    client.put(resources.leases, leaseOf('', first.address));
    client.put(resources.leases, leaseOf('b', second.address));
    await expectSoon(() => {
      link.send(reportOf('two'));
      return second.gateways.includes('two');
    });
  });

  it('keeps little of what it cannot send, and sends nothing stale', async () => {
    await using receiver = await openReceiver();
    const client = createFakeClient();
    const link = openLink(client);
    receiver.hangs = true;
    client.put(resources.leases, leaseOf('a', receiver.address));
    await expectSoon(() => {
      link.send(reportOf('lost'));
      return true;
    });
    link.send(reportOf('stale', systemClock.now() - 10_000));
    for (let i = 0; i < 1000; i++) link.send(reportOf(`r${i}`));
    receiver.hangs = false;
    await expectSoon(() => {
      link.send(reportOf('fresh'));
      return receiver.gateways.includes('fresh');
    });
    expect(receiver.gateways).not.toContain('stale');
    expect(receiver.gateways.filter((name) => name.startsWith('r')).length).toBeLessThanOrEqual(16);
  });

  it('sends nothing without a token, and nowhere without a proper address', async () => {
    await using receiver = await openReceiver();
    const client = createFakeClient();
    let token: string | undefined;
    const link = openLink(client, { token: () => token });
    client.put(resources.leases, leaseOf('a', 'not an address'));
    link.send(reportOf('nowhere'));
    client.put(resources.leases, leaseOf('a', receiver.address));
    await expectSoon(() => {
      link.send(reportOf('secretless'));
      return true;
    });
    token = 'secret';
    await expectSoon(() => {
      link.send(reportOf('told'));
      return receiver.gateways.includes('told');
    });
    expect(receiver.posts.every((post) => post.token === 'Bearer secret')).toBe(true);
  });

  it('tells how its reports fare', async () => {
    await using receiver = await openReceiver();
    const client = createFakeClient();
    const link = openLink(client);
    const cutOff = (expected: number): Promise<unknown> =>
      expectSoon(() => {
        link.send(reportOf('one'));
        return link.deliveries().cutOff === expected;
      });
    expect(link.deliveries()).toEqual({ cutOff: 1, errors: 0 });
    client.put(resources.leases, leaseOf('a', receiver.address));
    await cutOff(0);
    expect(link.deliveries().errors).toBe(0);
    receiver.status = 503;
    await cutOff(1);
    expect(link.deliveries().errors).toBeGreaterThan(0);
    receiver.status = 204;
    await cutOff(0);
    client.put(resources.leases, leaseOf('', receiver.address));
    await cutOff(1);
  });

  it('calls the autoscaler of its own process, as long as that is the one at work', async () => {
    await using receiver = await openReceiver();
    const client = createFakeClient();
    const called: string[] = [];
    let works = true;
    const local = (): ((report: StatReport) => void) | undefined =>
      works ? ({ gateway }) => void called.push(gateway) : undefined;
    const link = openLink(client, { local });
    client.put(resources.leases, leaseOf('a', receiver.address));
    link.send(reportOf('near'));
    works = false;
    await expectSoon(() => {
      link.send(reportOf('far'));
      return receiver.gateways.includes('far');
    });
    expect(called).toEqual(['near']);
    expect(receiver.gateways).not.toContain('near');
  });
});
