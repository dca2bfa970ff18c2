import { join } from 'node:path';
import { type Service, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, onCluster } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const examples = join(import.meta.dirname, '..', 'examples');

const spec = (annotations: Record<string, string> = {}): Service['spec'] => ({
  template: { metadata: { annotations }, spec: { containers: [{ name: 'app', image: 'dev.local/hello' }] } },
  traffic: [{ latestRevision: true, percent: 100, tag: 'now' }],
});

describe('ConfigMaps of a running Ebb', () => {
  let ebb: TestPlatform;
  beforeAll(async () => {
    ebb = await startTestPlatform([examples]);
    await ebb.platform.client.create(resources.services, { metadata: { namespace, name: 'hello' }, spec: spec() });
    await ebb.ready('hello');
  });
  afterAll(async () => ebb[Symbol.asyncDispose]());

  /** Server-side apply as a person of that name. */
  const configure = (name: string, data: Record<string, string>): Promise<unknown> =>
    ebb.platform.client.patch(
      resources.configMaps,
      { namespace: systemNamespace, name },
      { type: 'apply', body: { metadata: { namespace: systemNamespace, name }, data }, force: true },
      { fieldManager: 'somebody' },
    );
  const statusOf = async (host: string): Promise<number> => (await ebb.curl(host)).status;

  // A cluster has those that were installed.
  it.skipIf(onCluster)('are there to be edited', async () => {
    const names = ['autoscaler', 'defaults', 'deployment', 'features', 'gc', 'network', 'observability'];
    const { items } = await ebb.platform.client.list(resources.configMaps, { namespace: systemNamespace });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(names.map((name) => `config-${name}`)),
    );
  });

  it('give Services another domain, and tags another name', async () => {
    await configure('config-domain', { 'example.com': '' });
    await configure('config-network', { 'tag-template': '{{.Name}}-at-{{.Tag}}' });
    const host = `hello.${namespace}.example.com`;
    const tagged = `hello-at-now.${namespace}.example.com`;
    await eventually(async () => {
      const { status } = await ebb.ready('hello');
      return status?.url?.includes(`//${host}:`) && status.traffic?.[0]?.url?.includes(`//${tagged}:`);
    });
    expect([await statusOf(host), await statusOf(tagged)]).toEqual([200, 200]);
    await eventually(async () => (await statusOf(`now-hello.${namespace}.localhost`)) === 404);
  });

  it('give new Services other defaults', async () => {
    await configure('config-defaults', { 'revision-timeout-seconds': '123', 'container-name-template': 'main' });
    const body = { template: { spec: { containers: [{ name: '', image: 'dev.local/hello' }] } } };
    const draft: Service = { metadata: { namespace, name: 'draft' }, spec: body };
    const made = await eventually(async () => {
      const { spec } = await ebb.platform.client.create(resources.services, draft, { dryRun: true });
      return spec.template?.spec?.timeoutSeconds === 123 && spec;
    });
    expect(made.template?.spec?.containers).toMatchObject([{ name: 'main' }]);
  });

  it('scale what runs already', async () => {
    await configure('config-autoscaler', { 'min-scale': '2' });
    const pods = await eventually(
      async () => {
        const found = await ebb.pods('hello');
        return found.length > 1 && found;
      },
      { what: 'a second pod', timeoutMs: 40_000 },
    );
    expect(pods).toHaveLength(2);
  });

  it('are refused when wrong, and what was in force stays', async () => {
    await expect(configure('config-autoscaler', { 'stable-window': '1s', 'min-scale': '5' })).rejects.toThrow(
      /stable-window = 1s, must be within \[6s, 1h\]/,
    );
    await expect(configure('config-defaults', { 'revision-timeout-seconds': 'soon' })).rejects.toThrow(
      /revision-timeout-seconds/,
    );
    await configure('config-autoscaler', { 'min-scale': '3' });
    await eventually(async () => (await ebb.pods('hello')).length >= 3, { what: 'a third pod', timeoutMs: 40_000 });
    expect(await ebb.pods('hello')).toHaveLength(3);
  });
});
