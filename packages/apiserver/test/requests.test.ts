import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi, passThrough } from '../src/testing.ts';
import { configMap, configMaps, pod, pods, widget, widgetCrd, widgets } from './fixtures.ts';
import { type RawClient, rawClient } from './raw-client.ts';

const aliasBomb = Array.from(
  { length: 12 },
  (_, i) => `k${i}: &k${i} [${i === 0 ? 'x' : `*k${i - 1}, *k${i - 1}, *k${i - 1}, *k${i - 1}`}]`,
).join('\n');

describe('requests', () => {
  let api: ApiServer;
  let client: RawClient;
  beforeAll(async () => {
    api = await createTestApi({ crds: [widgetCrd] });
    client = rawClient(api);
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  it('says where YAML is wrong, in one line', async () => {
    const yaml = { 'content-type': 'application/yaml' };
    const { body } = await client.call('POST', configMaps, 'metadata: {name: x}\nmetadata: {name: y}\n', yaml);
    expect(body.message).toBe('error converting YAML to JSON: yaml: Map keys must be unique at line 2, column 1');
  });

  it('lets nobody in without the token', async () => {
    for (const authorization of ['Bearer nope', '', 'Basic abc']) {
      const { code, body } = await client.call('GET', '/api/v1/pods', undefined, { authorization });
      expect(code).toBe(401);
      expect(body).toMatchObject({
        kind: 'Status',
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      });
    }
  });

  it.each([
    ['GET', '/nope', 404, '404 page not found\n'],
    ['GET', '/apis/nope/v1/things', 404, '404 page not found\n'],
    ['GET', '/healthz', 200, 'ok'],
    ['GET', '/readyz', 200, 'ok'],
    ['GET', '/livez?verbose', 200, '[+]ping ok\nlivez check passed\n'],
  ])('%s %s answers %i', async (method, path, code, text) => {
    expect(await client.call(method, path)).toMatchObject({ code, text });
  });

  it.each([
    ['GET', '/api/v1/nope', 404, 'the server could not find the requested resource'],
    [
      'PUT',
      '/api/v1/namespaces/default/configmaps',
      405,
      'the server does not allow this method on the requested resource',
    ],
    ['POST', '/api/v1/namespaces/default/pods/x/exec', 400, 'Upgrade request required'],
    ['GET', '/api/v1/namespaces/default/configmaps/x/status', 404, 'the server could not find the requested resource'],
  ])('%s %s answers %i with a Status', async (method, path, code, message) => {
    const answer = await client.call(method, path);
    expect(answer.code).toBe(code);
    expect(answer.body).toMatchObject({ kind: 'Status', message, code });
  });

  it.each([
    ['ConfigMap.data', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'x' }, data: { a: 1 } }],
    ['spec.nodeName', '/api/v1/namespaces/default/pods', pod('x', { nodeName: 5 })],
  ])('refuses a built-in object whose %s has the wrong type before admission sees it', async (field, path, object) => {
    let admitted = 0;
    await using strict = await createTestApi({
      admission: {
        ...passThrough,
        mutate: ({ object: seen }) => {
          if (seen.metadata.name === 'x') admitted++;
          return seen;
        },
      },
    });
    await using raw = rawClient(strict);
    const { code, body } = await raw.call('POST', path, object);
    expect({ code, reason: body.reason, admitted }).toEqual({ code: 400, reason: 'BadRequest', admitted: 0 });
    expect(body.message).toMatch(/ in version "v1" cannot be handled as a /);
    expect(body.message).toContain(field);
  });

  it.each([
    ['text/plain', configMap('x'), 415],
    ['application/json', '{"a":', 400],
    ['application/json', '', 400],
    ['application/json', '[]', 400],
    ['application/json', '"x"', 400],
    ['application/json', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 400],
    ['application/json', `[${'['.repeat(100_000)}`, 400],
    ['application/yaml', 'a: [1, 2', 400],
    ['application/yaml', `a: ${'['.repeat(20_000)}`, 400],
    ['application/yaml', aliasBomb, 400],
    ['application/vnd.kubernetes.protobuf', 'k8s\0\x12\xff\xff\xff\xff', 400],
    ['application/json', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}', 400],
    ['application/json', '{"apiVersion":"v1","kind":"ConfigMap","metadata":7}', 400],
    ['application/json', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","labels":{"a":1}}}', 400],
    ['application/json', '{"metadata":{"name":"Bad Name"}}', 422],
    ['application/json', '{"metadata":{"name":"x","namespace":"other"}}', 400],
  ])('refuses a body of %s: %#', async (type, body, code) => {
    const answer = await client.call('POST', configMaps, body, { 'content-type': type });
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(answer.code).toBe(code);
  });

  it('refuses a body of more than 3 MiB', async () => {
    const answer = await client.call('POST', configMaps, configMap('big', { a: 'x'.repeat(3 * 1024 * 1024) }));
    expect(answer.code).toBe(413);
    expect(answer.body.reason).toBe('RequestEntityTooLarge');
  });

  it('refuses patches of a kind it does not take', async () => {
    await client.call('POST', widgets, widget('w'));
    for (const type of ['application/strategic-merge-patch+json', 'application/json', 'text/plain'])
      expect((await client.call('PATCH', `${widgets}/w`, {}, { 'content-type': type })).code).toBe(415);
    const json = { 'content-type': 'application/json-patch+json' };
    expect((await client.call('PATCH', `${widgets}/w`, { not: 'a list' }, json)).code).toBe(400);
    expect(
      (await client.call('PATCH', `${widgets}/w`, [{ op: 'test', path: '/spec/size', value: 5 }], json)).code,
    ).toBe(422);
  });

  it('never lets a key of a body reach prototypes', async () => {
    const body = '{"metadata":{"name":"proto","__proto__":{"x":"y"}},"data":{"__proto__":"z","ok":"1"}}';
    const answer = await client.call('POST', configMaps, body);
    expect(answer.code).toBe(201);
    expect(answer.body.data).toEqual({ ok: '1' });
  });

  it('answers in YAML if asked, and not at all in forms it does not have', async () => {
    const yaml = await client.call('GET', '/api/v1/namespaces/default', undefined, { accept: 'application/yaml' });
    expect(yaml.text).toContain('kind: Namespace\n');
    expect((await client.call('GET', '/api/v1/namespaces/default', undefined, { accept: 'text/html' })).code).toBe(406);
  });

  it('knows who asks', async () => {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { code, body } = await client.call('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(code).toBe(201);
    expect(body).toMatchObject({ status: { userInfo: { username: 'ebb-admin' } } });
  });

  it('serves a CRD as soon as it is made, and its objects go with it', async () => {
    const crd = structuredClone(widgetCrd);
    crd.metadata.name = 'gadgets.example.com';
    crd.spec.names = { plural: 'gadgets', kind: 'Gadget' };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const made = await client.call('POST', crds, crd);
    expect(made.code).toBe(201);
    expect(made.body).toMatchObject({
      status: { conditions: [{ type: 'NamesAccepted' }, { type: 'Established', status: 'True' }] },
    });
    const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';
    expect((await client.call('POST', gadgets, { ...widget('g'), kind: 'Gadget' })).code).toBe(201);
    await client.call('DELETE', `${crds}/gadgets.example.com`);
    await eventually(async () => (await client.call('GET', gadgets)).code === 404);
    expect((await client.call('GET', widgets)).code).toBe(200);
  });

  it('says why there is no log', async () => {
    await client.call(
      'POST',
      pods,
      pod('many', {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'x' },
        ],
      }),
    );
    await client.call('POST', pods, pod('one'));
    const many = await client.call('GET', `${pods}/many/log`);
    expect(many.code).toBe(400);
    expect(many.body.message).toBe('a container name must be specified for pod many, choose one of: [a b]');
    expect((await client.call('GET', `${pods}/one/log?container=z`)).body.message).toBe(
      'container z is not valid for pod one',
    );
    expect((await client.call('GET', `${pods}/one/log`)).body.message).toBe('pod one does not have a host assigned');
  });
});
