import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { configMap, pod, pods, widget, widgetCrd, widgets } from './fixtures.ts';
import { type Body, type RawClient, rawClient } from './raw-client.ts';

describe('lists', () => {
  let api: ApiServer;
  let client: RawClient;
  const path = '/api/v1/namespaces/lists/configmaps';
  beforeAll(async () => {
    api = await createTestApi({ crds: [widgetCrd] });
    client = rawClient(api);
    await client.call('POST', '/api/v1/namespaces', { metadata: { name: 'lists' } });
    for (const name of ['e', 'b', 'd', 'a', 'c']) await make(name);
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  const make = (name: string): Promise<unknown> => {
    const vowel = name === 'a' || name === 'e' ? 'yes' : 'no';
    return client.call('POST', path, configMap(name, {}, { labels: { name, vowel } }));
  };
  const names = (body: Body): string[] =>
    (body.items ?? []).map((item) => item.metadata.name ?? '').filter((name) => name.length === 1);
  const list = async (query: string): Promise<string[]> => names((await client.call('GET', `${path}?${query}`)).body);

  it('is ordered, and leaves the kind of built-in items out', async () => {
    const { body } = await client.call('GET', path);
    expect(names(body)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(body.items?.[0]).not.toHaveProperty('kind');
  });

  it.each([
    ['vowel=yes', ['a', 'e']],
    ['vowel==yes,name!=a', ['e']],
    ['name in (a, b),vowel', ['a', 'b']],
    ['name notin (a,b),vowel', ['c', 'd', 'e']],
    ['vowel,!name', []],
  ])('selects by label %s', async (selector, expected) => {
    expect(await list(`labelSelector=${encodeURIComponent(selector)}`)).toEqual(expected);
  });

  it('selects by field, and says which fields there are', async () => {
    expect(await list('fieldSelector=metadata.name%3Dc')).toEqual(['c']);
    expect(await list('fieldSelector=metadata.name!%3Dc')).toEqual(['a', 'b', 'd', 'e']);
    const refused = await client.call('GET', `${path}?fieldSelector=foo%3Dbar`);
    expect(refused.code).toBe(400);
    expect(refused.body.message).toContain('"foo" is not a known field selector');
    await client.call('POST', pods, pod('on-node', { nodeName: 'n7' }));
    await client.call('POST', pods, pod('pending'));
    const { body } = await client.call('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn7,status.phase%3DPending');
    expect(body.items?.map((item) => item.metadata.name)).toEqual(['on-node']);
  });

  it('selects custom resources by the fields that their definition names', async () => {
    for (const color of ['red', 'blue']) await client.call('POST', widgets, widget(`w-${color}`, { size: 1, color }));
    const { body } = await client.call('GET', `${widgets}?fieldSelector=spec.color%3Dblue`);
    expect(body.items?.map(({ metadata }) => metadata.name)).toEqual(['w-blue']);
    const unknown = await client.call('GET', `${widgets}?fieldSelector=spec.size%3D1`);
    expect(unknown).toMatchObject({ code: 400, body: { message: expect.stringContaining('spec.size') as string } });
  });

  it('shows one moment over several pages', async () => {
    const { body: first } = await client.call('GET', `${path}?limit=2&labelSelector=name`);
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount, 'which selected objects do not tell').toBeUndefined();
    await client.call('POST', path, configMap('bb', {}, { labels: { name: 'bb' } }));
    await client.call('DELETE', `${path}/d`);
    const next = `${path}?limit=2&labelSelector=name&continue=${first.metadata.continue}`;
    const { body: second } = await client.call('GET', next);
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const { body: third } = await client.call('GET', `${path}?limit=2&continue=${second.metadata.continue}`);
    expect(names(third)).toEqual(['e']);
    expect(third.metadata.continue).toBeUndefined();
    await client.call('DELETE', `${path}/bb`);
    await make('d');
  });

  it('gives up on a page that is too old, with a token to go on', async () => {
    const token = Buffer.from(JSON.stringify({ v: 1, id: 'lost', ns: 'lists', n: 'b' })).toString('base64url');
    const { code, body } = await client.call('GET', `${path}?limit=2&continue=${token}`);
    expect(code).toBe(410);
    expect(body.reason).toBe('Expired');
    const { body: rest } = await client.call('GET', `${path}?continue=${body.metadata.continue}`);
    expect(names(rest)).toEqual(['c', 'd', 'e']);
    expect((await client.call('GET', `${path}?continue=nonsense`)).code).toBe(400);
  });

  it('checks what is asked about versions', async () => {
    const ask = async (query: string): Promise<Body> => (await client.call('GET', `${path}?${query}`)).body;
    expect((await ask('resourceVersion=x')).code).toBe(400);
    expect((await ask('resourceVersionMatch=Exact')).code).toBe(422);
    const { metadata } = await ask('limit=1');
    await client.call('POST', path, configMap('z'));
    const then = names(await ask(`resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`));
    const now = names(await ask(''));
    await client.call('DELETE', `${path}/z`);
    expect([then, now].map((each) => each.includes('z'))).toEqual([false, true]);
    expect((await ask('resourceVersion=999999')).message).toMatch(
      /^Timeout: Too large resource version: 999999, current: \d+$/,
    );
  });

  it('is a table if asked', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await client.call('GET', path, undefined, { accept });
    expect(body.kind).toBe('Table');
    expect(body.rows?.[0]?.cells.slice(0, 2)).toEqual(['a', 0]);
  });
});
