import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock, eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { configMap, configMaps, widget, widgetCrd, widgets } from './fixtures.ts';
import { type RawClient, rawClient, take } from './raw-client.ts';

describe('watches', () => {
  let api: ApiServer;
  let client: RawClient;
  const clock = new FakeClock();
  beforeAll(async () => {
    api = await createTestApi({ crds: [widgetCrd], clock });
    client = rawClient(api);
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  const merge = { 'content-type': 'application/merge-patch+json' };
  const version = async (): Promise<string> =>
    (await client.call('GET', `${widgets}?limit=1`)).body.metadata.resourceVersion ?? '';

  it('tells of each change after a version', async () => {
    const from = await version();
    const { body: made } = await client.call('POST', widgets, widget('w1'));
    await client.call('PATCH', `${widgets}/w1`, { spec: { size: 2 } }, merge);
    await client.call('DELETE', `${widgets}/w1`);
    const events = await take(client.watch(`${widgets}?watch=true&resourceVersion=${from}`), 3);
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(events[0]?.object).toEqual(made);
    const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
  });

  it('begins with what is there when no version is given', async () => {
    await client.call('POST', widgets, widget('w2'));
    const events = await take(client.watch(`${widgets}?watch=true&fieldSelector=metadata.name%3Dw2`), 1);
    expect(events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'w2' } } }]);
  });

  it('begins with all that is there, however much it is', async () => {
    const path = '/api/v1/namespaces/much/configmaps';
    await client.call('POST', '/api/v1/namespaces', { metadata: { name: 'much' } });
    for (let i = 0; i < 20; i++)
      await client.call(
        'POST',
        path,
        configMap(`much-${i}`, { text: 'x'.repeat(1_000_000) }, { labels: { much: '' } }),
      );
    expect(await take(client.watch(`${path}?watch=1&labelSelector=much`), 20)).toHaveLength(20);
    await client.call('DELETE', path);
  });

  it('turns a change of what a selector sees into coming and going', async () => {
    const from = await version();
    await client.call('POST', widgets, widget('w3'));
    await client.call('PATCH', `${widgets}/w3`, { metadata: { labels: { on: 'yes' } } }, merge);
    await client.call('PATCH', `${widgets}/w3`, { spec: { size: 3 } }, merge);
    await client.call('PATCH', `${widgets}/w3`, { metadata: { labels: { on: null } } }, merge);
    const events = await take(client.watch(`${widgets}?watch=1&resourceVersion=${from}&labelSelector=on%3Dyes`), 3);
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(events[2]?.object.metadata.labels).toEqual({ on: 'yes' });
  });

  it('says where the initial events end', async () => {
    await client.call('POST', widgets, widget('w4'));
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const [, bookmark] = await take(client.watch(`${widgets}?${query}&fieldSelector=metadata.name%3Dw4`), 2);
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Widget', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    const refused = await client.call('GET', `${widgets}?watch=1&sendInitialEvents=true`);
    expect(refused.code).toBe(422);
  });

  it('sends bookmarks, and ends when its time is up', async () => {
    const from = await version();
    const query = `watch=1&resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=100`;
    const ticking = new AbortController();
    const events = (async () => {
      const all = [];
      for await (const event of client.watch(`${widgets}?${query}`)) all.push(event.type);
      ticking.abort();
      return all;
    })();
    await eventually(async () => {
      await clock.advance(20_000);
      return ticking.signal.aborted;
    });
    expect(await events).toEqual(['BOOKMARK']);
  });

  it('says that a version is too old', async () => {
    const from = (await client.call('POST', configMaps, configMap('busy'))).body.metadata.resourceVersion;
    for (let i = 0; i < 1500; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, j) =>
          client.call('PATCH', `${configMaps}/busy`, { data: { n: `${i + j}` } }, merge),
        ),
      );
    const [event] = await take(client.watch(`${configMaps}?watch=1&resourceVersion=${from}`), 1);
    expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired', status: 'Failure' } });
  });

  it('ends when its CRD goes', async () => {
    const crd = structuredClone(widgetCrd);
    crd.metadata.name = 'gadgets.example.com';
    crd.spec.names = { plural: 'gadgets', kind: 'Gadget' };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await client.call('POST', crds, crd);
    const events = take(client.watch('/apis/example.com/v1/gadgets?watch=1&resourceVersion=0'), 99);
    await client.call('POST', widgets.replace('widgets', 'gadgets'), { ...widget('g'), kind: 'Gadget' });
    await client.call('DELETE', `${crds}/gadgets.example.com`);
    expect((await events).map((event) => event.type)).toEqual(['ADDED', 'DELETED']);
  });

  it('cuts off a client that stops reading, and serves the others', async () => {
    const { hostname, port } = new URL(api.url);
    const stuck = connect({ host: hostname, port: Number(port), ca: api.caCertificate, servername: 'localhost' });
    await once(stuck, 'secureConnect');
    const path = `${configMaps}?watch=1&fieldSelector=metadata.name%3Dlarge`;
    stuck.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`);
    await once(stuck, 'readable');
    const closed = once(stuck, 'close');
    stuck.on('error', () => undefined);
    const seen = take(client.watch(`${path}&resourceVersion=0`), 40);
    await client.call('POST', configMaps, configMap('large'));
    for (let i = 0; i < 40; i++)
      await client.call('PATCH', `${configMaps}/large`, { data: { n: `${i}`.padEnd(1_000_000) } }, merge);
    expect(await seen).toHaveLength(40);
    stuck.resume();
    await closed;
  });

  it('sends tables if asked', async () => {
    await client.call('POST', widgets, widget('w5'));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const watch = client.watch(`${widgets}?watch=1&fieldSelector=metadata.name%3Dw5`, { headers: { accept } });
    const [event] = await take(watch, 1);
    expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['w5', 1] }] } });
  });
});
