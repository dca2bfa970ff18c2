import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type CoreService, type EndpointSlice, StatusError } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import dnsPacket, { type DecodedPacket } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterDns, startClusterDns } from './cluster-dns.ts';

const gateway = '127.0.0.1';
const internal = 'ebb-gateway-internal.knative-serving.svc.cluster.local';

const services: Record<string, CoreService['spec']> = {
  hello: { type: 'ExternalName', externalName: internal },
  elsewhere: { type: 'ExternalName', externalName: 'elsewhere.example' },
  plain: { selector: { app: 'plain' } },
};

const slice: EndpointSlice = {
  metadata: { name: 'plain-1' },
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.0.0.1'], conditions: { ready: true } },
    { addresses: ['10.0.0.2'], conditions: { ready: false } },
  ],
};

const client = {
  get: async (_: unknown, { name }: { name: string }) => {
    const spec = services[name];
    if (!spec) throw new StatusError('NotFound', `${name} not found`);
    return { metadata: { name }, spec };
  },
  list: async () => ({ metadata: {}, items: [slice] }),
} as unknown as KubeClient;

async function ask(port: number, name: string, type: 'A' | 'AAAA' = 'A'): Promise<DecodedPacket> {
  const socket = createSocket('udp4');
  socket.send(dnsPacket.encode({ type: 'query', id: 7, questions: [{ name, type }] }), port, gateway);
  const [bytes] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return dnsPacket.decode(bytes);
}

describe('the cluster DNS', () => {
  const upstream = createSocket('udp4');
  let dns: ClusterDns;
  beforeAll(async () => {
    upstream.on('message', (bytes, from) => {
      const { id = 0, questions = [] } = dnsPacket.decode(bytes);
      const answers = questions.map(({ name }) => ({ name, type: 'A', data: '192.0.2.7' }) as const);
      upstream.send(dnsPacket.encode({ type: 'response', id, questions, answers }), from.port, from.address);
    });
    upstream.bind(0, gateway);
    await once(upstream, 'listening');
    const options = { client, address: gateway, port: 0, clock: systemClock, logger: silentLogger };
    dns = await startClusterDns({ ...options, upstream: { host: gateway, port: upstream.address().port } });
  });
  afterAll(async () => {
    await dns?.[Symbol.asyncDispose]();
    upstream.close();
  });

  it.each([
    ['hello.default.svc.cluster.local', ['127.0.0.1']],
    ['HELLO.default.svc.cluster.local', ['127.0.0.1']],
    [internal, ['127.0.0.1']],
    ['plain.default.svc.cluster.local', ['10.0.0.1']],
    ['elsewhere.default.svc.cluster.local', ['elsewhere.example']],
    ['www.example', ['192.0.2.7']],
  ])('knows %s', async (name, data) => {
    const { id, rcode, answers = [] } = (await ask(dns.port, name)) as DecodedPacket & { rcode?: string };
    expect({ id, rcode }).toEqual({ id: 7, rcode: 'NOERROR' });
    expect(answers.map((each) => 'data' in each && each.data)).toEqual(data);
  });

  it('says of other names in the cluster that they are none, and of IPv6 that there is none', async () => {
    for (const name of ['none.default.svc.cluster.local', 'a.b.c.svc.cluster.local', 'cluster.local']) {
      expect(await ask(dns.port, name)).toMatchObject({ rcode: 'NXDOMAIN' });
    }
    expect(await ask(dns.port, 'hello.default.svc.cluster.local', 'AAAA')).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
    });
  });

  it('gives nonsense no answer, and goes on', async () => {
    const socket = createSocket('udp4');
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(3, 255), Buffer.alloc(600, 0xc0)])
      socket.send(bytes, dns.port, gateway);
    expect(await ask(dns.port, internal)).toMatchObject({ rcode: 'NOERROR' });
    socket.close();
  });
});
