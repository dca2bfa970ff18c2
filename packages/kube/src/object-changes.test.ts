import { isDeepStrictEqual } from 'node:util';
import { type Service, StatusError, resources, type KubeClient } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { controllerOf, deepEqual, ownerReferenceOf, updateStatusIfChanged } from './object-changes.ts';

test.each([
  [{ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 }, true],
  [{ a: 1, b: {}, c: [], d: undefined, e: null }, { a: 1 }, true],
  [undefined, {}, true],
  [{ a: 1 }, { a: '1' }, false],
  [{ a: [1, 2] }, { a: [2, 1] }, false],
  [{ a: [{}, 1] }, { a: [1] }, false],
  [{ a: 0 }, {}, false],
  [{ a: '' }, {}, false],
])('%j and %j: %s', (a, b, equal) => {
  expect(deepEqual(a, b)).toBe(equal);
  expect(deepEqual(b, a)).toBe(equal);
});

test('equal are those that are the same once all that holds nothing is left out', () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, undefined, 0, '', 'a', false),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 2 }),
    ),
  })).value;
  const full = (from: unknown): unknown => {
    if (Array.isArray(from)) return from.length === 0 ? undefined : from.map((item) => full(item) ?? null);
    if (typeof from !== 'object' || from === null) return from ?? undefined;
    const kept = Object.entries(from).flatMap(([key, item]) => (full(item) === undefined ? [] : [[key, full(item)]]));
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(deepEqual(a, full(a))).toBe(true);
      expect(deepEqual(a, b)).toBe(isDeepStrictEqual(full(a), full(b)));
    }),
  );
});

const service: Service = {
  metadata: { namespace: 'default', name: 'web', uid: 'u1' },
  spec: { template: { spec: { containers: [] } } },
  status: { url: 'http://web' },
};

test('writes a status only if it differs', async () => {
  const written: Service[] = [];
  const client = {
    updateStatus: async (_: unknown, object: Service) => {
      written.push(object);
      return object;
    },
  } as unknown as KubeClient;
  expect(await updateStatusIfChanged(client, resources.services, service, { url: 'http://web' })).toBe(service);
  expect(written).toEqual([]);
  await updateStatusIfChanged(client, resources.services, service, { url: 'http://other' });
  expect(written).toEqual([{ ...service, status: { url: 'http://other' } }]);
});

test('has nothing to write on an object that is gone, and tells of other refusals', async () => {
  const refusing = (reason: string): KubeClient =>
    ({ updateStatus: () => Promise.reject(new StatusError(reason, 'refused')) }) as unknown as KubeClient;
  const write = (reason: string): Promise<unknown> =>
    updateStatusIfChanged(refusing(reason), resources.services, service, { url: 'http://other' });
  expect(await write('NotFound')).toBe(service);
  await expect(write('Conflict')).rejects.toThrow('refused');
});

test('makes a controller reference, and finds it again', () => {
  const reference = ownerReferenceOf(service, resources.services);
  expect(reference).toEqual({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    name: 'web',
    uid: 'u1',
    controller: true,
    blockOwnerDeletion: true,
  });
  const other = { ...reference, uid: 'u2', controller: false };
  expect(controllerOf({ metadata: { ownerReferences: [other, reference] } })).toBe(reference);
  expect(controllerOf({ metadata: { ownerReferences: [other] } })).toBeUndefined();
  expect(() => ownerReferenceOf({ ...service, metadata: {} }, resources.services)).toThrow('name and a uid');
});
