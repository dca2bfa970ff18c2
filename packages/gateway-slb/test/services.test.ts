import { type CoreService, type EndpointSlice, type Ingress, ingressClass, keys, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { isReady } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { type Backend, expectSoon, openHttpBackend } from './harness.ts';
import { exchangeRaw } from './raw-client.ts';

const namespace = 'default';
const host = 'plain.example.com';

const ingress = (serviceName: string, servicePort: number | string): Ingress => ({
  metadata: { namespace, name: 'plain', generation: 1, annotations: { [keys.ingressClass]: ingressClass } },
  spec: {
    rules: [
      { hosts: [host], http: { paths: [{ splits: [{ serviceNamespace: namespace, serviceName, servicePort }] }] } },
    ],
  },
});

const service: CoreService = {
  metadata: { namespace, name: 'shop' },
  spec: { ports: [{ name: 'http', port: 80, targetPort: 8000 }] },
};

const slice = ({ port }: Backend, ready: boolean): EndpointSlice => ({
  metadata: { namespace, name: 'shop-1', labels: { 'kubernetes.io/service-name': 'shop' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready }, targetRef: { kind: 'Pod', name: 'shop-a' } }],
  ports: [{ name: 'http', port }],
});

const reported: string[] = [];

const open = (client: FakeClient) =>
  createGateway({
    client,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    name: 'test',
    listeners: { public: { host: '127.0.0.1', port: 0 } },
    sendStats: ({ revisions }) => void reported.push(...revisions.map(({ name }) => name)),
  });

const ask = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe('a plain Service that an Ingress names', () => {
  it.each([80, 'http'])('is served by its endpoints, by port %j, and waited for until it has one', async (port) => {
    await using backend = await openHttpBackend((_, response) => void response.end('from the shop'));
    const client = createFakeClient();
    await using gateway = await open(client);
    await client.create(resources.ingresses, ingress('shop', port));
    await gateway.ready;
    const ready = async () => isReady(await client.get(resources.ingresses, { namespace, name: 'plain' }));
    expect(await ready()).toBe(false);
    await client.create(resources.coreServices, service);
    await expectSoon(ready);
    const answer = exchangeRaw(gateway.publicAddress.port, ask);
    client.put(resources.endpointSlices, slice(backend, false));
    client.put(resources.endpointSlices, slice(backend, true));
    expect(await answer).toMatch(/^HTTP\/1.1 200 [^]*from the shop$/);
    expect(await exchangeRaw(gateway.publicAddress.port, ask)).toMatch(/from the shop$/);
    expect(reported).toEqual([]);
  });
});
