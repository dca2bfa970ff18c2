import type { KubernetesObject, Schema } from '@ebb/api';
import { StatusError } from '@ebb/api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from './apply.ts';
import { trackUpdate } from './managed-fields.ts';

const text: Schema = { type: 'string' };
const schema: Schema = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: {
      type: 'object',
      properties: {
        name: text,
        labels: { type: 'object', additionalProperties: text },
        annotations: { type: 'object', additionalProperties: text },
        finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      },
    },
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        image: text,
        args: { type: 'array', items: text },
        selector: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: { type: 'object', properties: { port: { type: 'integer' }, protocol: text, name: text } },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
};

interface Thing extends KubernetesObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

const thing = (spec: Record<string, unknown> = {}, metadata: object = {}): Thing => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  ...(Object.keys(spec).length > 0 ? { spec } : {}),
});

const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z'] as const;

interface Options {
  readonly force?: boolean;
  readonly now?: string;
  readonly subresource?: string;
  readonly schema?: Schema;
}

function apply(live: Thing | undefined, manager: string, applied: Thing, options: Options = {}): Thing {
  const rest = { schema, force: false, apiVersion: 'v1', now: times[0], ...options };
  return applyPatch({ ...(live ? { live } : {}), applied, manager, ...rest });
}

function update(old: Thing | undefined, manager: string, updated: Thing, options: Options = {}): Thing {
  const request = { ...(old ? { old } : {}), updated, manager, schema, apiVersion: 'v1', now: times[0], ...options };
  return { ...updated, metadata: { ...updated.metadata, managedFields: trackUpdate(request) } };
}

/** Who owns what: `manager operation` to FieldsV1. */
function owners({ metadata }: Thing): Record<string, unknown> {
  const entries = (metadata.managedFields ?? []).map((entry) => [
    `${entry.manager} ${entry.operation}`,
    entry.fieldsV1,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function bare(object: Thing): Thing {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function refused(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('an apply creates the object and owns what it sets', () => {
  const applied = thing(
    {
      replicas: 1,
      args: ['x'],
      selector: { app: 'a' },
      ports: [{ port: 80, name: 'web' }],
      free: { deep: { list: [1] } },
    },
    { labels: { app: 'a' }, finalizers: ['f'] },
  );
  const created = apply(undefined, 'me', applied);
  expect(bare(created)).toEqual(applied);
  expect(created.metadata.managedFields).toEqual([
    {
      manager: 'me',
      operation: 'Apply',
      apiVersion: 'v1',
      time: times[0],
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:finalizers': { 'v:"f"': {} }, 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:args': {},
          'f:free': { 'f:deep': { '.': {}, 'f:list': {} } },
          'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
          'f:replicas': {},
          'f:selector': {},
        },
      },
    },
  ]);
});

test('an update owns what it changed, and takes it from the others', () => {
  const created = apply(undefined, 'me', thing({ replicas: 1, image: 'x' }));
  const scaled = update(created, 'scaler', { ...created, spec: { replicas: 3, image: 'x' } }, { now: times[1] });
  expect(owners(scaled)).toEqual({
    'me Apply': { 'f:spec': { 'f:image': {} } },
    'scaler Update': { 'f:spec': { 'f:replicas': {} } },
  });
  expect(scaled.metadata.managedFields?.map(({ time }) => time)).toEqual([times[0], times[1]]);
});

test('an update that changes nothing leaves every entry as it is', () => {
  const created = update(undefined, 'me', thing({ replicas: 1 }));
  const again = update(created, 'you', created, { now: times[1] });
  expect(again).toEqual(created);
});

test('an apply over a value of another manager is a conflict, told in the words of Kubernetes', () => {
  const created = update(undefined, 'scaler', thing({ replicas: 3, image: 'x', args: ['a'] }));
  const one = refused(() => apply(created, 'me', thing({ replicas: 1, image: 'x' })));
  expect(one.toStatus()).toMatchObject({
    code: 409,
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict: conflict with "scaler" using v1: .spec.replicas',
    details: {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "scaler" using v1', field: '.spec.replicas' }],
    },
  });
  const live = apply(created, 'other', thing({ image: 'x' }, { labels: { a: '1' } }));
  const several = refused(() => apply(live, 'me', thing({ args: ['b'], replicas: 1 }, { labels: { a: '2' } })));
  expect(several.message).toBe(
    [
      'Apply failed with 3 conflicts: conflicts with "other":',
      '- .metadata.labels.a',
      'conflicts with "scaler" using v1:',
      '- .spec.args',
      '- .spec.replicas',
    ].join('\n'),
  );
});

test('a conflict names the items of a list by their keys, and the subresource', () => {
  const live = apply(undefined, 'me', thing({ ports: [{ port: 80, name: 'web' }] }));
  const error = refused(() => apply(live, 'you', thing({ ports: [{ port: 80, protocol: 'TCP', name: 'www' }] })));
  expect(error.details?.causes?.[0]?.field).toBe('.spec.ports[port=80,protocol="TCP"].name');
  const set = update(live, 'kubelet', { ...live, status: { ready: true } }, { subresource: 'status' });
  const status = refused(() => apply(set, 'you', { ...thing(), status: { ready: false } }));
  expect(status.message).toContain('conflict with "kubelet" with subresource "status" using v1: .status.ready');
});

test('force takes the fields', () => {
  const created = update(undefined, 'scaler', thing({ replicas: 3, image: 'x' }));
  const taken = apply(created, 'me', thing({ replicas: 1 }), { force: true });
  expect(taken.spec).toEqual({ replicas: 1, image: 'x' });
  expect(owners(taken)).toEqual({
    'me Apply': { 'f:spec': { 'f:replicas': {} } },
    'scaler Update': { 'f:spec': { '.': {}, 'f:image': {} } },
  });
});

test('the same value is owned together, and stays until its last owner lets go', () => {
  const first = apply(undefined, 'me', thing({ image: 'x', replicas: 1 }));
  const both = apply(first, 'you', thing({ image: 'x' }), { now: times[1] });
  expect(bare(both)).toEqual(bare(first));
  expect(Object.keys(owners(both))).toEqual(['me Apply', 'you Apply']);
  const left = apply(both, 'me', thing({ replicas: 1 }));
  expect(left.spec).toEqual({ image: 'x', replicas: 1 });
  expect(apply(left, 'you', thing()).spec).toEqual({ replicas: 1 });
});

test('what a manager no longer applies goes, what others set or nobody owns stays', () => {
  const applied = thing(
    { ports: [{ port: 80 }, { port: 81 }], image: 'x' },
    { labels: { a: '1', b: '2' }, finalizers: ['f', 'g'] },
  );
  const created = apply(undefined, 'me', applied);
  const defaulted = structuredClone(created);
  Object.assign(defaulted.spec ?? {}, { replicas: 1 });
  const named = update(defaulted, 'you', {
    ...defaulted,
    spec: { ...defaulted.spec, ports: [{ port: 80, name: 'web' }, { port: 81 }] },
  });
  const less = thing({ image: 'x', ports: [{ port: 81 }] }, { labels: { a: '1' }, finalizers: ['g'] });
  const after = apply(named, 'me', less);
  expect(bare(after)).toEqual({ ...less, spec: { ...less.spec, replicas: 1 } });
  const { spec } = apply(after, 'me', thing({ image: 'x' }));
  expect(spec).toEqual({ image: 'x', replicas: 1 });
});

test('an apply that changes nothing leaves the time alone', () => {
  const applied = thing({ image: 'x', ports: [{ port: 80 }] });
  const created = apply(undefined, 'me', applied);
  expect(apply(created, 'me', applied, { now: times[1] })).toEqual(created);
  const changed = apply(created, 'me', thing({ image: 'y' }), { now: times[2] });
  expect(changed.metadata.managedFields?.[0]?.time).toBe(times[2]);
});

test('an object without owners belongs to what was there before the first apply', () => {
  const live = thing({ image: 'x' });
  const error = refused(() => apply(live, 'me', thing({ image: 'y' })));
  expect(error.message).toContain('conflict with "before-first-apply" using v1: .spec.image');
  expect(owners(apply(live, 'me', thing({ image: 'x' })))).toEqual({
    'me Apply': { 'f:spec': { 'f:image': {} } },
    'before-first-apply Update': { 'f:spec': { '.': {}, 'f:image': {} } },
  });
});

test('keeps what the server writes, whatever the client sends along', () => {
  const server = { uid: 'u', resourceVersion: '5', generation: 2, creationTimestamp: times[0] };
  const live = {
    ...thing({ image: 'x' }),
    metadata: { ...apply(undefined, 'me', thing({ image: 'x' })).metadata, ...server },
  };
  const sent = thing({ image: 'y' }, { creationTimestamp: null, generation: 9 });
  expect(apply(live, 'me', sent).metadata).toMatchObject(server);
  const { metadata } = apply(live, 'me', { ...thing({ image: 'y' }), metadata: { name: 'a' } });
  expect(metadata).toMatchObject(server);
});

test('an apply through the status subresource owns status and nothing else', () => {
  const live = update(undefined, 'you', thing({ image: 'x' }));
  const sent = { ...thing({ image: 'y' }, { labels: { a: '1' } }), status: { ready: true } };
  const applied = apply(live, 'me', sent, { subresource: 'status' });
  expect(bare(applied)).toEqual({ ...thing({ image: 'x' }), status: { ready: true } });
  expect(owners(applied)['me Apply']).toEqual({ 'f:status': { 'f:ready': {} } });
});

test('merges lists in the order of the applier, others in their places', () => {
  const ports = (...all: number[]): Thing => thing({ ports: all.map((port) => ({ port })) });
  const order = (object: Thing): unknown[] =>
    ((object.spec ?? {})['ports'] as { port: number }[]).map(({ port }) => port);
  const live = update(undefined, 'you', ports(1, 2, 3));
  expect(order(apply(live, 'me', ports(4)))).toEqual([1, 2, 3, 4]);
  expect(order(apply(live, 'me', ports(3, 1)))).toEqual([2, 3, 1]);
  expect(order(apply(live, 'me', ports(0, 2)))).toEqual([1, 0, 2, 3]);
});

test('a request may set or reset managed fields, but not empty them', () => {
  const created = apply(undefined, 'me', thing({ image: 'x' }));
  const fields = (managedFields: unknown): Thing => ({
    ...created,
    metadata: { ...created.metadata, managedFields } as never,
  });
  expect(update(created, 'you', fields([{}])).metadata.managedFields).toEqual([]);
  expect(update(created, 'you', fields([]))).toEqual(created);
  expect(update(created, 'you', fields('garbage')).metadata).toEqual(created.metadata);
  const renamed = [{ ...created.metadata.managedFields?.[0], manager: 'new' }];
  expect(update(created, 'you', fields(renamed)).metadata.managedFields).toEqual(renamed);
  expect(update(created, 'you', fields(renamed), { subresource: 'status' })).toEqual(created);
  expect(refused(() => apply(created, 'me', fields(renamed))).message).toBe('metadata.managedFields must be nil');
});

test('refuses to apply items that cannot be told apart', () => {
  const twice = refused(() => apply(undefined, 'me', thing({ ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] })));
  expect(twice).toMatchObject({
    code: 400,
    message: expect.stringContaining('.spec.ports: duplicate entries for key'),
  });
  const nameless = refused(() => apply(undefined, 'me', thing({ ports: [{ name: 'x' }] })));
  expect(nameless.message).toContain('omits key field "port"');
});

test('puts the oldest updaters together when there are too many', () => {
  let object = update(undefined, 'm0', thing({ image: '0' }, { labels: {} }));
  for (let i = 1; i < 15; i++) {
    const labels = { ...object.metadata.labels, [`l${i}`]: 'x' };
    const now = `2026-01-01T00:00:${String(i).padStart(2, '0')}Z`;
    object = update(object, `m${i}`, { ...object, metadata: { ...object.metadata, labels } }, { now });
  }
  const managers = object.metadata.managedFields?.map(({ manager }) => manager);
  expect(managers).toHaveLength(11);
  expect(managers?.slice(0, 2)).toEqual(['ancient-changes', 'm5']);
  expect(owners(object)['ancient-changes Update']).toMatchObject({ 'f:metadata': { 'f:labels': { 'f:l4': {} } } });
});

/** Objects as JSON.parse makes them. */
const plain = { noNullPrototype: true };

const spec = fc.record(
  {
    replicas: fc.nat(2),
    image: fc.constantFrom('x', 'y'),
    args: fc.array(fc.constantFrom('p', 'q'), { maxLength: 2 }),
    selector: fc.dictionary(fc.constantFrom('s', 't'), fc.constantFrom('1', '2'), plain),
    ports: fc.uniqueArray(
      fc.record(
        { port: fc.constantFrom(80, 81), name: fc.constantFrom('m', 'n') },
        { requiredKeys: ['port'], ...plain },
      ),
      { selector: ({ port }) => port },
    ),
    free: fc.dictionary(fc.constantFrom('u', 'v'), fc.jsonValue({ maxDepth: 2 }), plain),
  },
  { requiredKeys: [], ...plain },
);
const labels = fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.constantFrom('1', '2'), plain);
const manifest = fc.tuple(spec, labels).map(([spec, labels]) => thing(spec, { labels }));

test('an apply done twice is an apply done once, and inputs stay as they were', () => {
  fc.assert(
    fc.property(manifest, manifest, manifest, (first, second, applied) => {
      const live = update(apply(undefined, 'me', first), 'you', second);
      const before = structuredClone({ live, applied });
      const once = apply(live, 'me', applied, { force: true, now: times[1] });
      expect(apply(once, 'me', applied, { now: times[2] })).toEqual(once);
      expect({ live, applied }).toEqual(before);
    }),
  );
});

test('what is applied is there afterwards', () => {
  fc.assert(
    fc.property(manifest, manifest, (old, { spec: applied = {}, metadata }) => {
      const { spec = {} } = apply(update(undefined, 'you', old), 'me', thing(applied, metadata), { force: true });
      for (const key of ['replicas', 'image', 'args', 'selector'])
        expect(spec[key] ?? null).toEqual(applied[key] ?? old.spec?.[key] ?? null);
      for (const port of (applied['ports'] ?? []) as object[]) {
        expect(spec['ports']).toContainEqual(expect.objectContaining(port));
      }
    }),
  );
});

describe('kubectl going over from client-side to server-side apply', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const before = thing({ replicas: 1 });
  const annotated = thing(
    { replicas: 1, image: 'x' },
    { annotations: { [annotation]: JSON.stringify(before), other: 'o' } },
  );
  const live = update(undefined, 'kubectl-client-side-apply', annotated);

  test('takes over what it applied before, and no more', () => {
    expect(bare(apply(live, 'kubectl', thing({ replicas: 2 }))).spec).toEqual({ replicas: 2, image: 'x' });
    const refusal = refused(() => apply(live, 'kubectl', thing({ replicas: 2, image: 'y' })));
    expect(refusal.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .spec.image',
    );
  });

  test('leaves other managers their conflicts, and unreadable annotations without effect', () => {
    expect(refused(() => apply(live, 'other', thing({ replicas: 2 }))).message).toContain('.spec.replicas');
    for (const text of ['{', '[]', 'null', '{"apiVersion":"v2"}']) {
      const odd = thing({ replicas: 1 }, { annotations: { [annotation]: text } });
      const owned = update(undefined, 'kubectl-client-side-apply', odd);
      expect(refused(() => apply(owned, 'kubectl', thing({ replicas: 2 }))).message).toContain('.spec.replicas');
    }
  });

  test('tells the next client-side apply what was applied', () => {
    const applied = thing({ replicas: 2 }, { annotations: { other: 'o' } });
    const { [annotation]: text = '', ...others } = apply(live, 'kubectl', applied).metadata.annotations ?? {};
    expect(text).toBe(
      '{"apiVersion":"v1","kind":"Thing","metadata":{"annotations":{"other":"o"},"name":"a"},"spec":{"replicas":2}}\n',
    );
    expect(others).toEqual({ other: 'o' });
    const plainLive = apply(undefined, 'kubectl', before);
    expect(apply(plainLive, 'kubectl', before).metadata.annotations).toBeUndefined();
  });
});

test('two appliers of different fields never conflict, and both survive whatever the other does', () => {
  const mine = fc.record({ replicas: fc.nat(2), image: fc.constantFrom('x', 'y') }, { requiredKeys: [], ...plain });
  const yours = fc.record(
    { args: fc.array(text1(), { maxLength: 2 }), selector: fc.dictionary(text1(), text1(), plain) },
    { requiredKeys: [], ...plain },
  );
  fc.assert(
    fc.property(fc.array(mine, { minLength: 1 }), fc.array(yours, { minLength: 1 }), (a, b) => {
      let live: Thing | undefined;
      for (let i = 0; i < Math.max(a.length, b.length); i++) {
        live = apply(live, 'me', thing(a[Math.min(i, a.length - 1)], { labels: { mine: '1' } }));
        live = apply(live, 'you', thing(b[Math.min(i, b.length - 1)], { labels: { yours: '1' } }));
      }
      expect(live?.spec ?? {}).toEqual({ ...a.at(-1), ...b.at(-1) });
      expect(live?.metadata.labels).toEqual({ mine: '1', yours: '1' });
    }),
  );
});

function text1(): fc.Arbitrary<string> {
  return fc.constantFrom('p', 'q');
}
