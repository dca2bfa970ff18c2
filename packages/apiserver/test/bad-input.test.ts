import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { eventually } from '@ebb/base/testing';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { configMap, configMaps, pods, widgetCrd, widgets } from './fixtures.ts';
import { type Answer, type RawClient, rawClient } from './raw-client.ts';

const bodyTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const places = [
  configMaps,
  pods,
  widgets,
  '/api/v1/namespaces',
  '/apis/coordination.k8s.io/v1/namespaces/default/leases',
];
const keyNames =
  'metadata name labels spec status data containers size $patch kind apiVersion __proto__ constructor toString ' +
  'hasOwnProperty finalizers ownerReferences managedFields';
const keys = fc.constantFrom(...keyNames.split(' '));
const { value: document } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, '', 'a', 'default', -1, 0, 1e30, 2 ** 53, 0.5),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const runs = { numRuns: 60 };

describe('bad input', () => {
  let api: ApiServer;
  let client: RawClient;
  beforeAll(async () => {
    api = await createTestApi({ crds: [widgetCrd] });
    client = rawClient(api);
    await client.call('POST', configMaps, configMap('target'));
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  /** The server has an answer that blames the request, and has not stumbled. */
  function expectSound({ code, body }: Answer): void {
    expect(code).toBeGreaterThanOrEqual(200);
    expect(body.reason).not.toBe('InternalError');
  }
  const call = async (method: string, path: string, body: string | Buffer, type: string): Promise<void> =>
    expectSound(await client.call(method, path, body, { 'content-type': type }));

  it('answers any bytes', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([Buffer.from('k8s\0'), rest])),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    const methods = fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE');
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.constantFrom(...bodyTypes),
        methods,
        fc.constantFrom(...places),
        async (raw, type, method, path) =>
          call(method, method === 'POST' ? path : `${path}/nope`, Buffer.from(raw), type),
      ),
      runs,
    );
  });

  it('answers any JSON, as an object and as a patch', async () => {
    const json = document.map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(json, fc.constantFrom(...bodyTypes), fc.constantFrom(...places), async (text, type, path) => {
        await call('POST', `${path}?dryRun=All`, text, 'application/json');
        await call('PATCH', `${configMaps}/target?dryRun=All&fieldManager=m`, text, type);
        await call('PUT', `${configMaps}/target?dryRun=All`, text, 'application/json');
      }),
      runs,
    );
  });

  it('answers any path, query and header', async () => {
    const parameters =
      'watch limit continue labelSelector fieldSelector resourceVersion resourceVersionMatch timeoutSeconds dryRun ' +
      'fieldManager fieldValidation propagationPolicy pretty includeObject';
    const parameter = fc.constantFrom(...parameters.split(' '));
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('-1', '1e9', '99999999999999999999', '%00', '()', 'a in (', '=,=', '\\'),
    );
    const query = fc.array(fc.tuple(parameter, value), { maxLength: 4 });
    const segment = fc.oneof(
      fc.constantFrom('api', 'apis', 'v1', 'namespaces', 'default', 'pods', '..', ''),
      fc.string(),
    );
    const path = fc.oneof(
      fc.constantFrom(...places),
      fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.map(encodeURIComponent).join('/')}`),
    );
    const accept = fc.oneof(
      fc.constantFrom('*/*', ';', 'application/json;as=Table', ',,,', 'a;b;c=d'),
      fc.string({ unit: 'grapheme-ascii' }),
    );
    await fc.assert(
      fc.asyncProperty(path, query, accept, async (at, pairs, wanted) => {
        const text = new URLSearchParams([...pairs.filter(([name]) => name !== 'watch'), ['timeoutSeconds', '1']]);
        expectSound(
          await client.call('GET', `${at}?${text}`, undefined, { accept: wanted.replaceAll(/[^\x20-\x7e]/g, '') }),
        );
      }),
      runs,
    );
  });

  it.each([
    ['nested deeply', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a deep list', '['.repeat(500_000)],
    ['deep YAML', `a: ${'['.repeat(50_000)}`],
    ['huge numbers', `{"metadata":{"name":"x"},"data":{"a":${'9'.repeat(10_000)}},"b":1e999}`],
    [
      'prototypes',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"metadata":{"name":"proto"}}',
    ],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['zeros', Buffer.alloc(100_000)],
    [
      'many keys',
      `{"metadata":{"name":"keys"},"data":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":""`).join(',')}}}`,
    ],
  ])('answers a body of %s', async (_, body) => {
    for (const type of bodyTypes.slice(0, 3)) await call('POST', `${configMaps}?dryRun=All`, body, type);
    for (const type of bodyTypes.slice(3))
      await call('PATCH', `${configMaps}/target?dryRun=All&fieldManager=m`, body, type);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('serves others while bodies come slowly or not at all', async () => {
    const { hostname, port } = new URL(api.url);
    const head = [
      `POST ${configMaps} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${api.token}`,
      'Content-Type: application/json',
      'Content-Length: 1000',
    ];
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connectTls({ host: hostname, port: Number(port), ca: api.caCertificate });
      socket.on('error', () => undefined).write(`${head.join('\r\n')}\r\n\r\n{"m`);
      return socket;
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('secureConnect', resolve))));
    expect((await client.call('GET', configMaps)).code).toBe(200);
    for (const socket of sockets) socket.destroy();
    expect((await client.call('GET', configMaps)).code).toBe(200);
  });

  it('cuts off watchers that never read, and keeps what waits for them once for all', async () => {
    const watchers = 60;
    const dispatcher = new Agent({ connect: { ca: api.caCertificate } });
    const headers = { authorization: `Bearer ${api.token}` };
    const path = `${api.url}${configMaps}?watch=1&fieldSelector=metadata.name%3Dbig`;
    const streams = await Promise.all(
      Array.from({ length: watchers }, async () => (await request(path, { dispatcher, headers })).body),
    );
    const before = process.memoryUsage().rss;
    const text = 'x'.repeat(900_000);
    await client.call('POST', configMaps, configMap('big', { text }));
    for (let version = 0; version < 22; version++)
      await client.call('PUT', `${configMaps}/big`, configMap('big', { text, version: String(version) }));
    expect(process.memoryUsage().rss - before, 'bytes for 60 watchers of 20 MB').toBeLessThan(600_000_000);
    expect((await client.call('GET', `${configMaps}/target`)).code).toBe(200);
    let cut = 0;
    for (const stream of streams)
      stream
        .on('error', () => cut++)
        .on('end', () => cut++)
        .resume();
    await eventually(() => Promise.resolve(cut === watchers), { what: 'all watchers to be cut off' });
    await dispatcher.destroy();
  });
});
