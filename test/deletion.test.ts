import { join } from 'node:path';
import { type KubernetesObject, type Resource, type Service, isNotFound, keys, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, isReady } from '@ebb/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const examples = join(import.meta.dirname, '..', 'examples');

/** What a Service is made of. */
const parts: readonly Resource<KubernetesObject>[] = [
  resources.configurations,
  resources.revisions,
  resources.routes,
  resources.ingresses,
  resources.podAutoscalers,
  resources.coreServices,
  resources.pods,
];

describe('deletion', () => {
  let ebb: TestPlatform;
  let client: KubeClient;
  beforeAll(async () => {
    ebb = await startTestPlatform([examples]);
    ({ client } = ebb.platform);
  });
  afterAll(async () => ebb[Symbol.asyncDispose]());

  /** A Service that has answered. */
  const serve = async (name: string, where = namespace): Promise<void> => {
    const spec = { template: { spec: { containers: [{ name: 'app', image: 'dev.local/hello' }] } } };
    await client.create(resources.services, { metadata: { namespace: where, name }, spec });
    await eventually(async () => isReady(await client.get(resources.services, { namespace: where, name })), {
      what: `Service ${where}/${name} ready`,
      timeoutMs: 60_000,
    });
    expect((await answer(name, where)).status).toBe(200);
  };
  const answer = (name: string, where = namespace): ReturnType<TestPlatform['curl']> =>
    ebb.curl(`${name}.${where}.localhost`);
  const labelsOf = (name: string): string => `${keys.service}=${name}`;
  /** The kinds of which there are objects of this Service. */
  const left = async (name: string, kinds = parts): Promise<string[]> => {
    const lists = kinds.map(async (resource) => {
      const { items } = await client.list(resource, { namespace, labelSelector: labelsOf(name) });
      return items.map(({ kind = '' }) => kind);
    });
    return (await Promise.all(lists)).flat();
  };
  const nothingLeft = (name: string): Promise<true> =>
    eventually(
      async () => {
        const kinds = await left(name);
        if (kinds.length > 0) throw new Error(`left: ${kinds.join()}`);
        return true as const;
      },
      { what: `nothing left of ${name}`, timeoutMs: 60_000 },
    );
  const gone = (resource: Resource<KubernetesObject>, key: { namespace?: string; name: string }): Promise<true> =>
    eventually(() => client.get(resource, key).then(() => false, isNotFound), {
      what: `the end of ${resource.kind} ${key.name}`,
      timeoutMs: 60_000,
    });

  it('in the background: the Service goes at once, and all of it after', async () => {
    const name = newName('back');
    await serve(name);
    await client.delete(resources.services, { namespace, name }, { propagationPolicy: 'Background' });
    await expect(client.get(resources.services, { namespace, name })).rejects.toSatisfy(isNotFound);
    await nothingLeft(name);
    expect((await answer(name)).status).toBe(404);
  });

  it('in the foreground: the Service stays until what it made is gone', async () => {
    const name = newName('front');
    await serve(name);
    const { metadata } = await client.list(resources.services, { namespace });
    const since = { namespace, resourceVersion: metadata.resourceVersion ?? '' };
    await client.delete(resources.services, { namespace, name }, { propagationPolicy: 'Foreground' });
    const seen: Service[] = [];
    for await (const { type, object } of client.watch(resources.services, since)) {
      if (type !== 'BOOKMARK' && type !== 'ERROR' && object.metadata.name === name) seen.push(object);
      if (type === 'DELETED') break;
    }
    const dying = seen.find(({ metadata: { deletionTimestamp } }) => deletionTimestamp !== undefined);
    expect(dying?.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String),
    });
    expect(await left(name, [resources.configurations, resources.routes, resources.revisions])).toEqual([]);
    await nothingLeft(name);
  });

  it('leaving orphans: what the Service made goes on serving, and is not taken by the next of its name', async () => {
    const name = newName('parent');
    await serve(name);
    await client.delete(resources.services, { namespace, name }, { propagationPolicy: 'Orphan' });
    await gone(resources.services, { namespace, name });
    for (const resource of [resources.configurations, resources.routes]) {
      const { metadata } = await client.get(resource as Resource<KubernetesObject>, { namespace, name });
      expect(metadata.ownerReferences).toBeUndefined();
    }
    expect((await answer(name)).status).toBe(200);
    const spec = { template: { spec: { containers: [{ name: 'app', image: 'dev.local/hello' }] } } };
    await client.create(resources.services, { metadata: { namespace, name }, spec });
    const ready = await eventually(async () => {
      const { status } = await client.get(resources.services, { namespace, name });
      return status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'False');
    });
    expect(ready).toMatchObject({
      reason: 'NotOwned',
      message: `There is an existing Configuration "${name}" that we do not own.`,
    });
  });

  it('of a namespace: it goes with all that is in it, and may come back', { timeout: 180_000 }, async () => {
    const doomed = newName(`${namespace}-doomed`);
    for (let life = 1; life <= 2; life += 1) {
      await client.create(resources.namespaces, { metadata: { name: doomed } });
      await serve('tenant', doomed);
      await client.delete(resources.namespaces, { name: doomed });
      await gone(resources.namespaces, { name: doomed });
      for (const resource of parts)
        expect((await client.list(resource)).items.filter((item) => item.metadata.namespace === doomed)).toEqual([]);
      await eventually(async () => (await answer('tenant', doomed)).status === 404, { what: 'a host that is gone' });
    }
  });
});
