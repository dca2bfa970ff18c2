import { type CoreService, type KubeClient, type Pod, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi } from '../src/testing.ts';

const namespace = 'default';

const service = (name: string, spec: NonNullable<CoreService['spec']>): CoreService => ({
  metadata: { name, namespace },
  spec,
});

const pod = (name: string, labels: Record<string, string>): Pod => ({
  metadata: { name, namespace, labels },
  spec: {
    nodeName: 'node',
    containers: [{ name: 'main', image: 'main', ports: [{ name: 'web', containerPort: 8000 }] }],
  },
});

describe('Endpoints and EndpointSlices', () => {
  let api: Awaited<ReturnType<typeof createTestApi>>;
  let client: KubeClient;
  beforeAll(async () => {
    api = await createTestApi();
    client = api.connect({ fieldManager: 'test' });
  });
  afterAll(async () => {
    await api?.[Symbol.asyncDispose]();
  });

  const run = async (name: string, ip: string, ready: boolean): Promise<void> => {
    const found = await client.get(resources.pods, { namespace, name });
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' } as const];
    await client.updateStatus(resources.pods, { ...found, status: { phase: 'Running', podIP: ip, conditions } });
  };
  const slicesOf = async (name: string) =>
    (await client.list(resources.endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${name}` }))
      .items;

  it('follow the pods a Service selects, and go with it', async () => {
    const ports = [{ name: 'http', port: 80, targetPort: 'web' }];
    await client.create(resources.coreServices, service('shop', { selector: { app: 'shop' }, ports }));
    await client.create(resources.pods, pod('shop-1', { app: 'shop' }));
    await client.create(resources.pods, pod('other-1', { app: 'other' }));
    await run('shop-1', '10.0.0.1', false);
    await run('other-1', '10.0.0.2', true);
    await eventually(async () => (await slicesOf('shop')).length === 1);
    expect((await slicesOf('shop'))[0]).toMatchObject({
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false }, targetRef: { name: 'shop-1' } }],
      ports: [{ name: 'http', port: 8000, protocol: 'TCP' }],
    });
    await run('shop-1', '10.0.0.1', true);
    await eventually(async () => (await slicesOf('shop'))[0]?.endpoints[0]?.conditions?.ready === true);
    const { subsets } = await client.get(resources.endpoints, { namespace, name: 'shop' });
    expect(subsets).toMatchObject([{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port: 8000 }] }]);
    await client.delete(resources.coreServices, { namespace, name: 'shop' });
    await eventually(async () => (await slicesOf('shop')).length === 0);
    await expect(client.get(resources.endpoints, { namespace, name: 'shop' })).rejects.toThrow('not found');
  });

  it('of a Service without a selector are left to whoever writes them', async () => {
    await client.create(resources.coreServices, service('by-hand', { ports: [{ port: 80 }] }));
    const endpoints = { metadata: { name: 'by-hand', namespace }, subsets: [] };
    await client.create(resources.endpoints, endpoints);
    await client.create(resources.coreServices, service('last', { selector: { app: 'last' }, ports: [{ port: 80 }] }));
    await eventually(() => client.get(resources.endpoints, { namespace, name: 'last' }).then(Boolean));
    expect(await slicesOf('by-hand')).toEqual([]);
    expect((await client.get(resources.endpoints, { namespace, name: 'by-hand' })).metadata.name).toBe('by-hand');
  });
});
