import {
  type ConfigMap,
  type CoreEvent,
  type Lease,
  type Pod,
  isAlreadyExists,
  isConflict,
  isNotFound,
  keyOf,
  resources,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import {
  type KubeClient,
  createEventRecorder,
  createInformer,
  createKubeClient,
  createReconciler,
  runWithLease,
} from '@ebb/kube';
import { expect, onTestFinished, test } from 'vitest';
import { namespace, openTestApi } from './api.ts';

const tools = { clock: systemClock, logger: silentLogger };

/** A client of an API server of its own, both gone when the test ends. */
async function connect(): Promise<KubeClient> {
  const api = await openTestApi();
  const client = createKubeClient({ kubeconfig: api.kubeconfig });
  onTestFinished(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  return client;
}

/** Runs something until the test ends. */
function runInBackground(component: { run(options: { signal: AbortSignal }): Promise<void> }): void {
  const stop = new AbortController();
  const done = component.run({ signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await done;
  });
}

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { namespace, name },
  data,
});
const key = (name: string) => ({ namespace, name });

test('creates, reads, updates, patches, lists and deletes', async () => {
  const client = await connect();
  const created = await client.create(resources.configMaps, configMap('a', { x: '1' }));
  expect(created.metadata.uid).toBeTruthy();
  await expect(client.create(resources.configMaps, configMap('a'))).rejects.toSatisfy(isAlreadyExists);
  await client.update(resources.configMaps, { ...created, data: { x: '2' } });
  await expect(client.update(resources.configMaps, { ...created, data: { x: '3' } })).rejects.toSatisfy(isConflict);
  await client.patch(resources.configMaps, key('a'), { type: 'merge', body: { data: { y: '1' } } });
  await client.patch(resources.configMaps, key('a'), {
    type: 'json',
    body: [{ op: 'add', path: '/data/z', value: '1' }],
  });
  expect((await client.get(resources.configMaps, key('a'))).data).toEqual({ x: '2', y: '1', z: '1' });
  const { items } = await client.list(resources.configMaps, { namespace, fieldSelector: 'metadata.name=a' });
  expect(items).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }]);
  await client.delete(resources.configMaps, key('a'));
  await expect(client.get(resources.configMaps, key('a'))).rejects.toSatisfy(isNotFound);
});

test('a dry run leaves nothing behind', async () => {
  const client = await connect();
  await client.create(resources.configMaps, configMap('a'), { dryRun: true });
  await expect(client.get(resources.configMaps, key('a'))).rejects.toSatisfy(isNotFound);
});

test('applies as its own field manager, and is refused what another owns', async () => {
  const client = await connect();
  const body = (x: string): object => ({ ...configMap('a', { x }) });
  await client.patch(resources.configMaps, key('a'), { type: 'apply', body: body('1') });
  const other = { fieldManager: 'other' };
  await expect(
    client.patch(resources.configMaps, key('a'), { type: 'apply', body: body('2') }, other),
  ).rejects.toMatchObject({
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict: conflict with "ebb": .data.x',
  });
  const forced = { type: 'apply', body: body('2'), force: true } as const;
  const { data, metadata } = await client.patch(resources.configMaps, key('a'), forced, other);
  expect(data).toEqual({ x: '2' });
  expect(metadata.managedFields).toMatchObject([{ manager: 'other', operation: 'Apply' }]);
});

test('a strategic merge patch merges the containers of a pod by name', async () => {
  const client = await connect();
  const pod: Pod = {
    metadata: { namespace, name: 'p' },
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    },
  };
  await client.create(resources.pods, pod);
  const body = { spec: { containers: [{ name: 'b', image: 'y' }] } };
  const { spec } = await client.patch(resources.pods, key('p'), { type: 'strategic', body });
  expect(Object.fromEntries(spec.containers.map(({ name, image }) => [name, image]))).toEqual({ a: 'x', b: 'y' });
});

test('an informer follows the server, and a reconciler handles each key', async () => {
  const client = await connect();
  await client.create(resources.configMaps, configMap('first', { app: 'web' }));
  const informer = createInformer(client, resources.configMaps, {
    ...tools,
    namespace,
    indexers: { app: ({ data }) => (data?.['app'] ? [data['app']] : []) },
  });
  const handled = new Set<string>();
  const reconciler = createReconciler({
    name: 'test',
    ...tools,
    reconcile: async (key) => {
      handled.add(`${key} ${informer.get(namespace, key.split('/')[1] ?? '')?.data?.['app'] ?? 'gone'}`);
    },
  });
  informer.events.subscribe(({ object }) => reconciler.enqueue(keyOf(object)));
  runInBackground(informer);
  runInBackground(reconciler);
  await informer.synced;
  expect(informer.byIndex('app', 'web').map(keyOf)).toContain(`${namespace}/first`);

  await client.create(resources.configMaps, configMap('second', { app: 'web' }));
  await eventually(() => informer.byIndex('app', 'web').length === 2);
  await client.delete(resources.configMaps, key('first'));
  await eventually(() => handled.has(`${namespace}/first gone`) && handled.has(`${namespace}/second web`));
  expect(informer.byIndex('app', 'web').map(keyOf)).toEqual([`${namespace}/second`]);
});

test('events are counted up', async () => {
  const client = await connect();
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: key('p'), spec: { containers: [] } };
  const recorder = createEventRecorder(client, { component: 'test', ...tools });
  for (let i = 0; i < 3; i++) recorder.event(pod, 'Warning', 'Failed', 'no image');
  const event = await eventually(async (): Promise<CoreEvent | undefined> => {
    const { items } = await client.list(resources.events, { namespace });
    return items.find(({ count }) => count === 3);
  });
  expect(event).toMatchObject({ reason: 'Failed', involvedObject: { kind: 'Pod', name: 'p' } });
});

test('one of two contenders leads, and hands over when it stops', async () => {
  const client = await connect();
  const leading: string[] = [];
  const contend = (identity: string): AbortController => {
    const stop = new AbortController();
    const options = { client, namespace, name: 'lock', identity, retryPeriodSeconds: 0.05, ...tools };
    const lead = async ({ signal }: { signal: AbortSignal }): Promise<void> => {
      leading.push(identity);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const done = runWithLease(options, lead, { signal: stop.signal });
    onTestFinished(async () => {
      stop.abort();
      await done;
    });
    return stop;
  };
  const first = contend('a');
  await eventually(() => leading.length === 1);
  contend('b');
  first.abort();
  await eventually(() => leading.length === 2);
  expect(leading).toEqual(['a', 'b']);
  const lease: Lease = await client.get(resources.leases, key('lock'));
  expect(lease.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});
