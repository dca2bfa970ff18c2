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
  const key = { namespace: 'default', name: 'settings' };
  const [late] = await Promise.allSettled([client.get(resources.configMaps, key), client[Symbol.asyncDispose]()]);
  expect(late.status).toBe('rejected');
  await expect(client.create(resources.configMaps, settings)).rejects.toThrow('the client has been closed');
  expect(calls).toBe(1);
});
