import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StatusError } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi, passThrough } from '../src/testing.ts';
import { configMap, configMaps, pod, pods, widget, widgetCrd, widgets } from './fixtures.ts';
import { type RawClient, rawClient } from './raw-client.ts';

describe('objects', () => {
  let api: ApiServer;
  let client: RawClient;
  let count = 0;
  let name = '';
  beforeAll(async () => {
    api = await createTestApi({ crds: [widgetCrd] });
    client = rawClient(api);
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    name = `object-${count++}`;
  });
  const merge = { 'content-type': 'application/merge-patch+json' };

  it('gives a new object its system metadata', async () => {
    const { code, body } = await client.call('POST', widgets, widget(name));
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name, namespace: 'default', generation: 1 });
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(body.spec).toEqual({ size: 1, color: 'red' });
    expect(body.metadata.managedFields).toMatchObject([{ operation: 'Update', apiVersion: 'example.com/v1' }]);
  });

  it('refuses to create what exists', async () => {
    await client.call('POST', configMaps, configMap(name));
    const { code, body } = await client.call('POST', configMaps, configMap(name));
    expect(code).toBe(409);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "${name}" already exists`,
      reason: 'AlreadyExists',
      details: { name, kind: 'configmaps' },
      code: 409,
    });
  });

  it('tells of what is not there', async () => {
    const { body } = await client.call('GET', `${widgets}/nope`);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'widgets.example.com "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', group: 'example.com', kind: 'widgets' },
      code: 404,
    });
  });

  it('makes names from generateName', async () => {
    const { body } = await client.call('POST', configMaps, { ...configMap(''), metadata: { generateName: 'made-' } });
    expect(body.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const none = await client.call('POST', configMaps, { ...configMap(''), metadata: {} });
    expect(none.body.message).toBe(
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    );
  });

  it('refuses an update made from an older version', async () => {
    const { body: first } = await client.call('POST', configMaps, configMap(name, { a: '1' }));
    await client.call('PATCH', `${configMaps}/${name}`, { data: { a: '2' } }, merge);
    const { code, body } = await client.call('PUT', `${configMaps}/${name}`, first);
    expect(code).toBe(409);
    expect(body.message).toBe(
      `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
    const free = await client.call('PUT', `${configMaps}/${name}`, configMap(name, { a: '3' }));
    expect(free.code).toBe(200);
    const custom = await client.call('POST', widgets, widget(name));
    delete custom.body.metadata.resourceVersion;
    const unversioned = await client.call('PUT', `${widgets}/${name}`, custom.body);
    expect(unversioned.body.message).toBe(
      `widgets.example.com "${name}" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update`,
    );
  });

  it('leaves the version alone when nothing changes', async () => {
    const { body: first } = await client.call('POST', widgets, widget(name));
    const { body: again } = await client.call('PUT', `${widgets}/${name}`, first);
    const { body: patched } = await client.call('PATCH', `${widgets}/${name}`, { spec: { size: 1 } }, merge);
    expect(again).toEqual(first);
    expect(patched.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('keeps spec and status apart', async () => {
    const { body: created } = await client.call('POST', widgets, { ...widget(name), status: { phase: 'x' } });
    expect(created).not.toHaveProperty('status');
    const status = { ...created, spec: { size: 7 }, status: { phase: 'on' } };
    const { body: afterStatus } = await client.call('PUT', `${widgets}/${name}/status`, status);
    expect(afterStatus).toMatchObject({ spec: { size: 1 }, status: { phase: 'on' }, metadata: { generation: 1 } });
    const { body: after } = await client.call(
      'PATCH',
      `${widgets}/${name}`,
      { spec: { size: 2 }, status: { phase: 'off' } },
      merge,
    );
    expect(after).toMatchObject({ spec: { size: 2 }, status: { phase: 'on' }, metadata: { generation: 2 } });
  });

  it('changes nothing in a dry run', async () => {
    const made = await client.call('POST', `${configMaps}?dryRun=All`, configMap(name));
    expect(made.code).toBe(201);
    expect(made.body.metadata.resourceVersion).toBeUndefined();
    expect((await client.call('GET', `${configMaps}/${name}`)).code).toBe(404);
    await client.call('POST', configMaps, configMap(name, { a: '1' }));
    const patched = await client.call('PATCH', `${configMaps}/${name}?dryRun=All`, { data: { a: '2' } }, merge);
    expect(patched.body.data).toEqual({ a: '2' });
    await client.call('DELETE', `${configMaps}/${name}?dryRun=All`);
    expect((await client.call('GET', `${configMaps}/${name}`)).body.data).toEqual({ a: '1' });
  });

  it('waits for finalizers, and goes when the last is taken off', async () => {
    await client.call('POST', configMaps, configMap(name, {}, { finalizers: ['example.com/hold'] }));
    const held = await client.call('DELETE', `${configMaps}/${name}`);
    expect(held.body.metadata).toMatchObject({ name, deletionGracePeriodSeconds: 0 });
    expect(held.body.metadata.deletionTimestamp).toBeDefined();
    const again = await client.call('POST', configMaps, configMap(name));
    expect(again.body.message).toBe(`object is being deleted: configmaps "${name}" already exists`);
    const last = await client.call('PATCH', `${configMaps}/${name}`, { metadata: { finalizers: null } }, merge);
    expect(last.code).toBe(200);
    expect((await client.call('GET', `${configMaps}/${name}`)).code).toBe(404);
  });

  it('answers a deletion with a Status that names the object', async () => {
    const { body: made } = await client.call('POST', configMaps, configMap(name));
    const { body } = await client.call('DELETE', `${configMaps}/${name}`);
    const details = { name, kind: 'configmaps', uid: made.metadata.uid };
    expect(body).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  });

  it('heeds preconditions of a deletion', async () => {
    await client.call('POST', pods, pod(name));
    const { code, body } = await client.call('DELETE', `${pods}/${name}`, { preconditions: { uid: 'other' } });
    expect(code).toBe(409);
    expect(body.message).toMatch(
      /^Operation cannot be fulfilled on Pod "object-\d+": the UID in the precondition \(other\) does not match/,
    );
  });

  it('gives a bound pod its grace, and an unbound one none', async () => {
    await client.call('POST', pods, pod(name, { nodeName: 'n1', terminationGracePeriodSeconds: 20 }));
    const first = await client.call('DELETE', `${pods}/${name}`);
    expect(first.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 20 });
    const shorter = await client.call('DELETE', `${pods}/${name}?gracePeriodSeconds=5`);
    expect(shorter.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 5 });
    await client.call('DELETE', `${pods}/${name}`, { gracePeriodSeconds: 0 });
    expect((await client.call('GET', `${pods}/${name}`)).code).toBe(404);
    await client.call('POST', pods, pod(name));
    await client.call('DELETE', `${pods}/${name}`);
    expect((await client.call('GET', `${pods}/${name}`)).code).toBe(404);
  });

  it('collects what its owners left behind', async () => {
    const { body: owner } = await client.call('POST', configMaps, configMap(name));
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid: owner.metadata.uid };
    const child = configMap(`${name}-child`, {}, { ownerReferences: [reference] });
    const { body: made } = await client.call('POST', configMaps, child);
    const grandchild = { ...reference, name: `${name}-child`, uid: made.metadata.uid };
    await client.call('POST', configMaps, configMap(`${name}-grandchild`, {}, { ownerReferences: [grandchild] }));
    const lost = configMap(`${name}-lost`, {}, { ownerReferences: [{ ...reference, uid: 'gone' }] });
    await client.call('POST', configMaps, lost);
    await eventually(async () => (await client.call('GET', `${configMaps}/${name}-lost`)).code === 404);
    expect((await client.call('GET', `${configMaps}/${name}-child`)).code).toBe(200);
    await client.call('DELETE', `${configMaps}/${name}`);
    await eventually(async () => (await client.call('GET', `${configMaps}/${name}-grandchild`)).code === 404);
  });

  it.each(['Orphan', 'Foreground'])('deletes with policy %s', async (propagationPolicy) => {
    const { body: owner } = await client.call('POST', configMaps, configMap(name));
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid: owner.metadata.uid, blockOwnerDeletion: true };
    await client.call('POST', configMaps, configMap(`${name}-child`, {}, { ownerReferences: [reference] }));
    await client.call('DELETE', `${configMaps}/${name}`, { propagationPolicy });
    await eventually(async () => (await client.call('GET', `${configMaps}/${name}`)).code === 404);
    const child = await client.call('GET', `${configMaps}/${name}-child`);
    expect(child.code).toBe(propagationPolicy === 'Orphan' ? 200 : 404);
    expect(child.body.metadata.ownerReferences).toBeUndefined();
  });

  it('empties a namespace before it goes', async () => {
    await client.call('POST', '/api/v1/namespaces', { metadata: { name } });
    await client.call('POST', `/api/v1/namespaces/${name}/pods`, pod('held', { nodeName: 'n1' }));
    const held = `/api/v1/namespaces/${name}/pods/held`;
    await client.call('PATCH', held, { metadata: { finalizers: ['example.com/a'] } }, merge);
    await eventually(
      async () => (await client.call('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`)).code === 200,
    );
    const deleted = await client.call('DELETE', `/api/v1/namespaces/${name}`);
    expect(deleted.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    const refused = await client.call('POST', `/api/v1/namespaces/${name}/configmaps`, configMap('late'));
    expect(refused.code).toBe(403);
    expect(refused.body.message).toBe(
      `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    );
    await eventually(async () => (await client.call('GET', held)).body.metadata.deletionTimestamp !== undefined);
    await client.call('DELETE', held, { gracePeriodSeconds: 0 });
    const namespace = `/api/v1/namespaces/${name}`;
    await eventually(async () =>
      JSON.stringify((await client.call('GET', namespace)).body).includes(
        'Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances',
      ),
    );
    await client.call('PATCH', held, { metadata: { finalizers: null } }, merge);
    await eventually(async () => (await client.call('GET', namespace)).code === 404);
  });

  it('deletes a collection by selector', async () => {
    const labels = { group: name };
    await client.call('POST', configMaps, configMap(`${name}-a`, {}, { labels }));
    await client.call('POST', configMaps, configMap(`${name}-b`, {}, { labels }));
    await client.call('POST', configMaps, configMap(name));
    const { body } = await client.call('DELETE', `${configMaps}?labelSelector=group%3D${name}`);
    expect(body.items?.map((item) => item.metadata.name)).toEqual([`${name}-a`, `${name}-b`]);
    const { body: left } = await client.call('GET', `${configMaps}?labelSelector=group%3D${name}`);
    expect(left.items).toEqual([]);
    expect((await client.call('GET', `${configMaps}/${name}`)).code).toBe(200);
  });

  it('says what it thinks of unknown fields', async () => {
    const odd = { ...widget(name), spec: { size: 1, foo: 1 } };
    const strict = await client.call('POST', `${widgets}?fieldValidation=Strict`, odd);
    expect(strict.code).toBe(400);
    expect(strict.body.message).toBe(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.foo"',
    );
    const warned = await client.call('POST', widgets, odd);
    expect(warned.warnings).toEqual([String.raw`299 - "unknown field \"spec.foo\""`]);
    expect(warned.body.spec).toEqual({ size: 1, color: 'red' });
  });

  it('scales what has a scale', async () => {
    await client.call('POST', widgets, widget(name));
    const { body } = await client.call('PATCH', `${widgets}/${name}/scale`, { spec: { replicas: 3 } }, merge);
    expect(body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 } });
    expect((await client.call('GET', `${widgets}/${name}`)).body.spec).toMatchObject({ replicas: 3 });
  });

  it('applies, and tells of conflicts', async () => {
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const path = `${widgets}/${name}`;
    const yaml = (size: number): string =>
      `{apiVersion: example.com/v1, kind: Widget, metadata: {name: ${name}}, spec: {size: ${size}}}`;
    expect((await client.call('PATCH', `${path}?fieldManager=one`, yaml(1), apply)).code).toBe(201);
    const refused = await client.call('PATCH', `${path}?fieldManager=two`, yaml(2), apply);
    expect(refused.code).toBe(409);
    expect(refused.body.message).toContain('conflict with "one": .spec.size');
    const forced = await client.call('PATCH', `${path}?fieldManager=two&force=true`, yaml(2), apply);
    expect(forced.body.spec).toMatchObject({ size: 2 });
    expect((await client.call('PATCH', path, yaml(2), apply)).body.message).toContain('fieldManager');
  });

  it('gives nobody what admission sets, so that nobody takes it away', async () => {
    await using stamping = await createTestApi({
      crds: [widgetCrd],
      admission: {
        ...passThrough,
        mutate: ({ object }) => {
          const annotations = { ...object.metadata.annotations, creator: 'me' };
          return { ...object, metadata: { ...object.metadata, annotations } };
        },
      },
    });
    await using raw = rawClient(stamping);
    const { body } = await raw.call('POST', widgets, widget(name));
    expect(body.metadata.annotations).toEqual({ creator: 'me' });
    expect(JSON.stringify(body.metadata.managedFields)).toContain('f:size');
    expect(JSON.stringify(body.metadata.managedFields)).not.toContain('f:creator');
  });

  it('has an object changed, looks at its schema, and has it judged, in that order', async () => {
    const sizeOf = (object: object): number => (object as { spec: { size: number } }).spec.size;
    const judged: number[] = [];
    await using admitting = await createTestApi({
      crds: [widgetCrd],
      admission: {
        mutate: ({ kind, object }) => (kind === 'Widget' ? { ...object, spec: { size: sizeOf(object) - 2 } } : object),
        validate: ({ kind, object }) => {
          if (kind === 'Widget') judged.push(sizeOf(object));
          return { warnings: [] };
        },
      },
    });
    await using raw = rawClient(admitting);
    expect(await raw.call('POST', widgets, widget(name, { size: 1 }))).toMatchObject({ code: 422 });
    expect(await raw.call('POST', widgets, widget(name, { size: 3 }))).toMatchObject({ code: 201 });
    expect(judged).toEqual([1]);
  });

  it('asks nobody about what is in a Namespace that leaves itself out', async () => {
    const refuse = (): never => {
      throw new StatusError('BadRequest', 'refused');
    };
    await using admitting = await createTestApi({
      crds: [widgetCrd],
      admission: {
        mutate: ({ object }) => object,
        validate: ({ kind }) => (kind === 'Widget' ? refuse() : { warnings: [] }),
      },
    });
    await using raw = rawClient(admitting);
    const labels = { 'webhooks.knative.dev/exclude': 'true' };
    await raw.call('POST', '/api/v1/namespaces', { metadata: { name: 'left-out', labels } });
    const leftOut = widgets.replace('/default/', '/left-out/');
    expect(await raw.call('POST', widgets, widget(name))).toMatchObject({ code: 400 });
    expect(await raw.call('POST', leftOut, { ...widget(name), metadata: { name } })).toMatchObject({ code: 201 });
  });
});
