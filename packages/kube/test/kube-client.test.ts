import { type ConfigMap, type Lease, StatusError, isGone, isNotFound, resources } from '@ebb/api';
import { FakeClock, eventually } from '@ebb/base/testing';
import { expect, test } from 'vitest';
import { createKubeClient } from '../src/index.ts';
import { kubeconfigFor, startStubServer } from './stub-server.ts';

const settings: ConfigMap = { metadata: { namespace: 'default', name: 'settings' }, data: { a: '1' } };

test('sends token, user agent and JSON, and gives back plain objects', async () => {
  await using server = await startStubServer(({ method, url, headers, body }, response) => {
    const { authorization, 'user-agent': agent } = headers;
    response.end(JSON.stringify({ metadata: {}, data: { method, url, authorization, agent, body } }));
  });
  await using client = createKubeClient({ kubeconfig: server.kubeconfig, userAgent: 'ebb-test/1' });
  const { data } = await client.create(resources.configMaps, settings, { dryRun: true });
  expect(data).toMatchObject({
    method: 'POST',
    url: '/api/v1/namespaces/default/configmaps?fieldManager=ebb-test&dryRun=All',
    authorization: 'Bearer secret',
    agent: 'ebb-test/1',
  });
  expect(JSON.parse(data?.['body'] ?? '')).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', ...settings });
});

test('keeps the base path of the server and escapes names', async () => {
  await using server = await startStubServer(({ url }, response) => {
    response.end(JSON.stringify({ metadata: { name: url } }));
  });
  await using client = createKubeClient({ kubeconfig: kubeconfigFor(`${server.url}/clusters/a/`) });
  const lease: Lease = await client.get(resources.leases, { namespace: 'n', name: 'a/b?c' });
  expect(lease.metadata.name).toBe('/clusters/a/apis/coordination.k8s.io/v1/namespaces/n/leases/a%2Fb%3Fc');
});

test('sends each kind of patch with its content type', async () => {
  await using server = await startStubServer(({ url, headers }, response) => {
    response.end(JSON.stringify({ metadata: { name: url, uid: headers['content-type'] } }));
  });
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const key = { name: 'n' };
  const options = { fieldManager: 'm', subresource: 'status' } as const;
  const apply = { type: 'apply', body: { metadata: { name: 'n' } }, force: true } as const;
  const types = [
    await client.patch(resources.nodes, key, { type: 'json', body: [] }),
    await client.patch(resources.nodes, key, { type: 'merge', body: {} }),
    await client.patch(resources.nodes, key, { type: 'strategic', body: {} }),
    await client.patch(resources.nodes, key, apply, options),
  ];
  expect(types.map(({ metadata }) => metadata.uid)).toEqual([
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ]);
  expect(types[3]?.metadata.name).toBe('/api/v1/nodes/n/status?fieldManager=m&force=true');
});

test('turns a Status into a StatusError, and any other refusal into one by its code', async () => {
  const notFound = new StatusError('NotFound', 'leases "x" not found').toStatus();
  await using server = await startStubServer(({ method }, response) => {
    if (method === 'GET') response.writeHead(404).end(JSON.stringify(notFound));
    else response.writeHead(429, { 'retry-after': '3' }).end('slow down');
  });
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const key = { namespace: 'n', name: 'x' };
  await expect(client.get(resources.leases, key)).rejects.toSatisfy(isNotFound);
  await expect(client.delete(resources.leases, key)).rejects.toMatchObject({
    reason: 'TooManyRequests',
    code: 429,
    details: { retryAfterSeconds: 3 },
  });
});

test('names the server when it cannot be reached', async () => {
  let url = '';
  {
    await using server = await startStubServer(() => {});
    url = server.url;
  }
  await using client = createKubeClient({ kubeconfig: kubeconfigFor(url) });
  const refused = client.get(resources.nodes, { name: 'x' });
  await expect(refused).rejects.toMatchObject({ reason: 'ServiceUnavailable', message: expect.stringContaining(url) });
});

test('gives up on a call after its time limit', async () => {
  const clock = new FakeClock();
  let asked = false;
  await using server = await startStubServer(() => (asked = true));
  await using client = createKubeClient({ kubeconfig: server.kubeconfig, clock });
  const late = client.get(resources.nodes, { name: 'x' }).catch((error: unknown) => error);
  await eventually(() => asked);
  await clock.advance(30_000);
  expect(await late).toMatchObject({ reason: 'Timeout' });
});

test('rejects with the reason of an aborted signal', async () => {
  const controller = new AbortController();
  await using server = await startStubServer(() => controller.abort(new Error('enough')));
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const { signal } = controller;
  await expect(client.list(resources.nodes, { signal })).rejects.toThrow('enough');
  await expect(client.list(resources.nodes, { signal })).rejects.toThrow('enough');
  await expect(async () => {
    for await (const _ of client.watch(resources.nodes, { signal, resourceVersion: '1' })) return;
  }).rejects.toThrow('enough');
});

const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

test('reads events of a watch however they are cut, and lets go of the socket when the reader leaves', async () => {
  const bytes = Buffer.from(event('ADDED', { metadata: { name: 'früh' } }) + event('BOOKMARK', { metadata: {} }));
  const cut = bytes.indexOf(0xc3) + 1;
  await using server = await startStubServer((_, response) => {
    response.write(bytes.subarray(0, cut));
    setImmediate(() => response.write(bytes.subarray(cut)));
  });
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const seen: unknown[] = [];
  for await (const one of client.watch(resources.nodes, { resourceVersion: '1' })) {
    seen.push(one.type, one.object);
    if (seen.length === 4) break;
  }
  expect(seen).toEqual(['ADDED', { metadata: { name: 'früh' } }, 'BOOKMARK', { metadata: {} }]);
  await eventually(async () => (await server.connections()) === 0);
});

test('lets go of the socket when a waiting reader aborts', async () => {
  await using server = await startStubServer((_, response) => response.write(event('ADDED', { metadata: {} })));
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const controller = new AbortController();
  const { signal } = controller;
  const read = async (): Promise<void> => {
    for await (const _ of client.watch(resources.nodes, { signal, resourceVersion: '1' })) {
      setImmediate(() => controller.abort(new Error('enough')));
    }
  };
  await expect(read()).rejects.toThrow('enough');
  await eventually(async () => (await server.connections()) === 0);
});

test('throws what an ERROR event says, and never drops a line it cannot read', async () => {
  const gone = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' };
  const answers = [event('ERROR', gone), '{"type":"ADDED"\n', event('SHRUG', {}), 'nonsense'];
  await using server = await startStubServer((_, response) => response.end(answers.shift()));
  await using client = createKubeClient({ kubeconfig: server.kubeconfig });
  const read = async (): Promise<void> => {
    for await (const _ of client.watch(resources.nodes, { resourceVersion: '1' })) throw new Error('an event?');
  };
  await expect(read()).rejects.toSatisfy(isGone);
  await expect(read()).rejects.toThrow('not a watch event');
  await expect(read()).rejects.toThrow('not a watch event');
  await expect(read()).rejects.toThrow('not a watch event');
});

test('refuses a kubeconfig without cluster, and names a missing file', () => {
  expect(() => createKubeClient({ kubeconfig: '{}' })).toThrow('has no cluster');
  expect(() => createKubeClient({ kubeconfigPath: '/nowhere/config' })).toThrow('/nowhere/config');
  expect(() => createKubeClient({ kubeconfig: kubeconfigFor('not a url') })).toThrow('not a URL');
});

test('opens no socket once it is closed', async () => {
  let calls = 0;
  await using server = await startStubServer((_, response) => {
    calls++;
    response.end(JSON.stringify(settings));
  });
  const client = createKubeClient({ kubeconfig: server.kubeconfig });
  const key = { namespace: 'default', name: 'settings' };
  await client.get(resources.configMaps, key);
  const [late] = await Promise.allSettled([client.get(resources.configMaps, key), client[Symbol.asyncDispose]()]);
  expect(late.status).toBe('rejected');
  await expect(client.create(resources.configMaps, settings)).rejects.toThrow('the client has been closed');
  expect(calls).toBe(1);
});
