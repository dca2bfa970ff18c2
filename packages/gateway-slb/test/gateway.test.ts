import { type Ingress, type Pod, type Revision, ingressClass, keys, resources, revisionSplit } from '@ebb/api';
import { UserError, silentLogger, systemClock } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { type Gateway, createGateway } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { type Backend, expectSoon, host, openHttpBackend } from './harness.ts';
import { exchangeRaw, openRawClient } from './raw-client.ts';

const get = (to = host): string => `GET / HTTP/1.1\r\nHost: ${to}\r\nConnection: close\r\n\r\n`;

const open = (client: FakeClient, port = 0): Promise<Gateway> =>
  createGateway({
    client,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    name: 'gateway-1',
    listeners: { public: { host: '127.0.0.1', port }, private: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
  });

const makeIngress = (name: string, more: Partial<Ingress['metadata']> = {}, rulesHost = host): Ingress => ({
  metadata: {
    namespace: 'default',
    name,
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { [keys.ingressClass]: ingressClass },
    ...more,
  },
  spec: {
    rules: (['ExternalIP', 'ClusterLocal'] as const).map((visibility) => ({
      visibility,
      hosts: [visibility === 'ExternalIP' ? rulesHost : `${name}.default.svc.cluster.local`],
      http: {
        paths: [{ splits: [revisionSplit({ namespace: 'default', name: 'hello-00001' }, 100)] }],
      },
    })),
  },
});

const makeRevision = (more: Partial<Revision['spec']> = {}): Revision => ({
  metadata: { namespace: 'default', name: 'hello-00001' },
  spec: { containers: [{ name: 'user', image: 'x' }], containerConcurrency: 1, timeoutSeconds: 10, ...more },
});

const makePod = (backend: Backend, name = 'a', more: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: {
    namespace: 'default',
    name,
    labels: { [keys.revision]: 'hello-00001' },
    annotations: { [keys.userPort]: String(backend.port) },
    ...more,
  },
  spec: { containers: [{ name: 'user', ports: [{ containerPort: 8080 }] }] },
  status: { podIP: '127.0.0.1', phase: 'Running' },
});

const readyOf = (client: FakeClient, name: string): string | undefined =>
  client
    .find(resources.ingresses, `default/${name}`)
    ?.status?.conditions?.map(({ type, status, reason }) => `${type}=${status}${reason ? `:${reason}` : ''}`)
    .join(' ');

describe('a gateway', () => {
  it('serves what Kubernetes says, and says that it does', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('hello'));
    const client = createFakeClient();
    client.put(resources.revisions, makeRevision());
    client.put(resources.ingresses, makeIngress('hello'));
    client.put(resources.ingresses, makeIngress('foreign', { annotations: {} }, 'foreign.example'));
    await using gateway = await open(client);
    await expectSoon(() => readyOf(client, 'hello') === 'LoadBalancerReady=True NetworkConfigured=True Ready=True');
    expect(client.find(resources.ingresses, 'default/hello')?.status).toMatchObject({
      observedGeneration: 1,
      publicLoadBalancer: { ingress: [{ domainInternal: expect.any(String) }] },
      privateLoadBalancer: { ingress: [{ domainInternal: expect.any(String) }] },
    });
    client.put(resources.pods, makePod(backend));
    expect(await exchangeRaw(gateway.publicAddress.port, get())).toMatch(/hello$/);
    expect(await exchangeRaw(gateway.publicAddress.port, get('hello.default'))).toMatch(/^HTTP\/1.1 404/);
    expect(await exchangeRaw(gateway.privateAddress?.port ?? 0, get('hello.default'))).toMatch(/hello$/);
    expect(readyOf(client, 'foreign')).toBeUndefined();
  });

  it('follows an Ingress that changes, and says so of the new version only once it serves it', async () => {
    const client = createFakeClient();
    client.put(resources.ingresses, makeIngress('hello'));
    await using gateway = await open(client);
    await expectSoon(() => readyOf(client, 'hello'));
    client.put(resources.ingresses, makeIngress('hello', { generation: 2 }, 'new.example'));
    await expectSoon(() => client.find(resources.ingresses, 'default/hello')?.status?.observedGeneration === 2);
    expect(await exchangeRaw(gateway.publicAddress.port, get())).toMatch(/^HTTP\/1.1 404/);
    client.remove(resources.ingresses, makeIngress('hello'));
    await expectSoon(async () =>
      (await exchangeRaw(gateway.publicAddress.port, get('new.example'))).startsWith('HTTP/1.1 404'),
    );
  });

  it('tells who lost a host, and gives it to them once it is free', async () => {
    const client = createFakeClient();
    client.put(resources.ingresses, makeIngress('young', { creationTimestamp: '2026-02-02T00:00:00Z' }));
    client.put(resources.ingresses, makeIngress('old'));
    await using _ = await open(client);
    await expectSoon(() => readyOf(client, 'young')?.includes('LoadBalancerReady=False:DomainConflict'));
    await expectSoon(() => readyOf(client, 'old')?.includes(' Ready=True'));
    client.remove(resources.ingresses, makeIngress('old'));
    await expectSoon(() => readyOf(client, 'young')?.includes(' Ready=True'));
    expect(readyOf(client, 'old')).toBeUndefined();
  });

  it('probes a starting pod itself, sends nothing to one that drains, and forgets one that is gone', async () => {
    await using first = await openHttpBackend((_, response) => void response.end('first'));
    await using second = await openHttpBackend((_, response) => void response.end('second'));
    const client = createFakeClient();
    client.put(resources.revisions, makeRevision());
    client.put(resources.ingresses, makeIngress('hello'));
    await using gateway = await open(client);
    await expectSoon(() => readyOf(client, 'hello'));
    client.put(resources.pods, makePod(first));
    expect(await exchangeRaw(gateway.publicAddress.port, get())).toMatch(/first$/);
    client.put(resources.pods, makePod(first, 'a', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    client.put(resources.pods, makePod(second, 'b'));
    await expectSoon(async () => (await exchangeRaw(gateway.publicAddress.port, get())).endsWith('second'));
    client.remove(resources.pods, makePod(first));
    expect(await exchangeRaw(gateway.publicAddress.port, get())).toMatch(/second$/);
  });

  it('refuses who waits when the revision fails, with its reason', async () => {
    const client = createFakeClient();
    client.put(resources.revisions, makeRevision());
    client.put(resources.ingresses, makeIngress('hello'));
    await using gateway = await open(client);
    await expectSoon(() => readyOf(client, 'hello'));
    await using waiting = await openRawClient(gateway.publicAddress.port);
    waiting.send(get());
    const conditions = [
      { type: 'Ready', status: 'False' as const, reason: 'ExitCode1', message: 'Container failed with: boom' },
    ];
    client.put(resources.revisions, { ...makeRevision(), status: { conditions } });
    expect(await waiting.end()).toMatch(/^HTTP\/1.1 503[^]*ExitCode1: Container failed with: boom$/);
  });

  it('does not deny a host before it knows them all', async () => {
    const client = createFakeClient();
    client.put(resources.ingresses, makeIngress('hello'));
    let answer: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow: FakeClient = { ...client, list: (...args) => asked.then(() => client.list(...args)) };
    await using gateway = await open(slow);
    expect(await exchangeRaw(gateway.publicAddress.port, get('nobody'))).toMatch(
      /^HTTP\/1.1 503[^]*ebb-reason: starting/,
    );
    answer();
    await gateway.ready;
    expect(await exchangeRaw(gateway.publicAddress.port, get('nobody'))).toMatch(/^HTTP\/1.1 404/);
  });

  it('says in one line that its port is in use, and holds on to nothing', async () => {
    const client = createFakeClient();
    await using gateway = await open(client);
    const failed = await open(client, gateway.publicAddress.port).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UserError);
    expect(failed).toMatchObject({ cause: { code: 'EADDRINUSE' } });
  });
});
