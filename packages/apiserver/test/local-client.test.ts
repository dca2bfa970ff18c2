import { type ConfigMap, type KubeClient, StatusError, type WatchEvent, resources } from '@ebb/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';

const namespace = 'default';

function makeConfigMap(
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
}

async function reasonOf(failing: Promise<unknown>): Promise<string> {
  const error: unknown = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof StatusError ? error.reason : String(error);
}

describe('a client in the process of the server', () => {
  let api: ApiServer;
  let client: KubeClient;
  beforeAll(async () => {
    api = await createTestApi();
    client = api.connect({ fieldManager: 'tester' });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('creates, reads, replaces, patches and deletes, with the refusals of the server', async () => {
    const created = await client.create(resources.configMaps, makeConfigMap('life', { a: '1' }));
    expect(created.metadata.uid).toBeTruthy();
    expect(created.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['tester']);
    expect(await reasonOf(client.create(resources.configMaps, makeConfigMap('life')))).toBe('AlreadyExists');

    const replaced = await client.update(resources.configMaps, { ...created, data: { a: '2' } });
    expect(await reasonOf(client.update(resources.configMaps, { ...created, data: { a: '3' } }))).toBe('Conflict');
    expect(replaced.data).toEqual({ a: '2' });

    const key = { namespace, name: 'life' };
    const patched = await client.patch(resources.configMaps, key, {
      type: 'merge',
      body: { data: { b: '1', a: null } },
    });
    expect(patched.data).toEqual({ b: '1' });
    const applied = makeConfigMap('life', { b: '2' });
    const other = { fieldManager: 'another' };
    expect(await reasonOf(client.patch(resources.configMaps, key, { type: 'apply', body: applied }, other))).toBe(
      'Conflict',
    );
    await client.patch(resources.configMaps, key, { type: 'apply', body: applied, force: true }, other);
    expect((await client.get(resources.configMaps, key)).data).toEqual({ b: '2' });

    expect(await reasonOf(client.delete(resources.configMaps, key, { preconditions: { uid: 'another' } }))).toBe(
      'Conflict',
    );
    await client.delete(resources.configMaps, key);
    expect(await reasonOf(client.get(resources.configMaps, key))).toBe('NotFound');
  });

  it('stores nothing on a dry run', async () => {
    await client.create(resources.configMaps, makeConfigMap('dry'), { dryRun: true });
    expect(await reasonOf(client.get(resources.configMaps, { namespace, name: 'dry' }))).toBe('NotFound');
  });

  it('shares what it hands out, and so lets nobody change it', async () => {
    const given = makeConfigMap('shared', { a: '1' });
    const created = await client.create(resources.configMaps, given);
    given.data = { a: 'changed' };
    const read = await client.get(resources.configMaps, { namespace, name: 'shared' });
    expect(read.data).toEqual({ a: '1' });
    expect(() => (read.metadata.labels = {})).toThrow(TypeError);
    expect(created).toBe(read);
  });

  it('asks for what a path would need', async () => {
    expect(await reasonOf(client.get(resources.configMaps, { name: 'x' }))).toBe('BadRequest');
    expect(await reasonOf(client.get(resources.configMaps, { namespace, name: '' }))).toBe('BadRequest');
    expect(await reasonOf(client.get(resources.services, { namespace, name: 'x' }))).toBe('NotFound');
  });

  it('lists and watches what selectors choose, from a version on, until aborted', async () => {
    await client.create(resources.configMaps, makeConfigMap('one', {}, { app: 'watched' }));
    const list = await client.list(resources.configMaps, { namespace, labelSelector: 'app=watched' });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['one']);
    await client.create(resources.configMaps, makeConfigMap('two', {}, { app: 'watched' }));

    const stop = new AbortController();
    const watch = client.watch(resources.configMaps, {
      namespace,
      labelSelector: 'app=watched',
      resourceVersion: list.metadata.resourceVersion ?? '',
      signal: stop.signal,
    });
    const events: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of watch as AsyncIterable<WatchEvent<ConfigMap>>) {
        events.push(`${type} ${'metadata' in object ? (object.metadata as { name?: string }).name : ''}`);
        if (events.length === 4) stop.abort();
      }
    })();
    await client.create(resources.configMaps, makeConfigMap('ignored'));
    const unlabel = { type: 'merge', body: { metadata: { labels: { app: null } } } } as const;
    await client.patch(resources.configMaps, { namespace, name: 'one' }, unlabel);
    await client.patch(resources.configMaps, { namespace, name: 'two' }, { type: 'merge', body: { data: { a: '1' } } });
    await client.delete(resources.configMaps, { namespace, name: 'two' });
    await watching.catch(() => {});
    expect(events).toEqual(['ADDED two', 'DELETED one', 'MODIFIED two', 'DELETED two']);
  });

  it('tells a watcher from too long ago to list again', async () => {
    const old = client.watch(resources.configMaps, { namespace, resourceVersion: '1' });
    for (let i = 0; i < 1300; i++)
      await client.patch(
        resources.configMaps,
        { namespace, name: 'shared' },
        { type: 'merge', body: { data: { i: String(i) } } },
      );
    expect(await reasonOf(old[Symbol.asyncIterator]().next())).toBe('Expired');
  });

  it('refuses once it is closed, and ends its watches', async () => {
    const closing = api.connect({ fieldManager: 'closing' });
    const { metadata } = await closing.list(resources.configMaps, { namespace });
    const watch = closing.watch(resources.configMaps, { namespace, resourceVersion: metadata.resourceVersion ?? '' });
    const next = watch[Symbol.asyncIterator]().next();
    await closing[Symbol.asyncDispose]();
    expect((await next).done).toBe(true);
    expect(await reasonOf(closing.list(resources.configMaps))).toBe('ServiceUnavailable');
  });
});
