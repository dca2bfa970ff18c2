import type { Schema } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonObject, isObject } from '../schema/json.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

const text: Schema = { type: 'string' };
const byName = (items: Schema): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-patch-strategy': 'merge',
  'x-kubernetes-patch-merge-key': 'name',
});
const schema: Schema = {
  type: 'object',
  properties: {
    labels: { type: 'object', additionalProperties: text },
    finalizers: { type: 'array', items: text, 'x-kubernetes-patch-strategy': 'merge' },
    args: { type: 'array', items: text },
    whole: { type: 'object', 'x-kubernetes-patch-strategy': 'replace' },
    strategy: { type: 'object', properties: { type: text, rolling: { type: 'object' } } },
    containers: byName({
      type: 'object',
      properties: { name: text, image: text, env: byName({ type: 'object', properties: { name: text, value: text } }) },
    }),
    conditions: {
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
};

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, image: name }));

const cases: [string, JsonObject, JsonObject, JsonObject][] = [
  [
    'merges maps and takes keys away',
    { labels: { x: '1', y: '2' } },
    { labels: { x: null, z: '3' } },
    { labels: { y: '2', z: '3' } },
  ],
  [
    'merges lists by key, in the order of the patch',
    { containers: [a, b] },
    {
      containers: [
        { name: 'c', image: 'c' },
        { name: 'a', image: 'x', env: [{ name: 'E', value: '1' }] },
      ],
    },
    { containers: [c, { name: 'a', image: 'x', env: [{ name: 'E', value: '1' }] }, b] },
  ],
  ['deletes an item', { containers: [a, b] }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [b] }],
  ['replaces a list', { containers: [a, b] }, { containers: [{ $patch: 'replace' }, c] }, { containers: [c] }],
  ['replaces an item', { containers: [a] }, { containers: [{ name: 'a', $patch: 'replace' }] }, { containers: [] }],
  ['replaces a map', { labels: { x: '1' } }, { labels: { $patch: 'replace', y: '2' } }, { labels: { y: '2' } }],
  ['empties a map', { labels: { x: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
  ['replaces a map whose strategy says so', { whole: { x: 1 } }, { whole: { y: 2 } }, { whole: { y: 2 } }],
  ['adds to a set', { finalizers: ['a', 'b'] }, { finalizers: ['c', 'a'] }, { finalizers: ['c', 'a', 'b'] }],
  [
    'takes from a set',
    { finalizers: ['a', 'b'] },
    { '$deleteFromPrimitiveList/finalizers': ['a'] },
    { finalizers: ['b'] },
  ],
  [
    'adds to, takes from and orders a set',
    { finalizers: ['a', 'b'] },
    { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['c', 'b'] },
    { finalizers: ['c', 'b'] },
  ],
  [
    'replaces a list without strategy',
    { args: ['a'] },
    { args: ['b'], '$setElementOrder/args': ['b'] },
    { args: ['b'] },
  ],
  [
    'leaves a list without strategy to itself',
    { args: ['a', 'b'] },
    { '$setElementOrder/args': ['b', 'a'] },
    { args: ['a', 'b'] },
  ],
  [
    'orders items, keeping those it does not know near where they were',
    { containers: [a, b, c] },
    { containers: [{ name: 'd' }], '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }, { name: 'a' }] },
    { containers: [b, c, { name: 'd' }, a] },
  ],
  [
    'orders items without changing any',
    { containers: [a, b] },
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
    { containers: [b, a] },
  ],
  [
    'retains only some keys',
    { strategy: { type: 'Rolling', rolling: { max: 1 } } },
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  [
    'goes by the list type where there is no patch strategy',
    { conditions: [{ type: 'A', status: '1' }] },
    { conditions: [{ type: 'A', status: '2' }, { type: 'B' }] },
    { conditions: [{ type: 'A', status: '2' }, { type: 'B' }] },
  ],
  [
    'stores no directive, null or deletion',
    {},
    { labels: { x: null, y: '1' }, containers: [{ name: 'a', $patch: 'delete' }] },
    { labels: { y: '1' }, containers: [] },
  ],
  [
    'takes a new list as it comes',
    { containers: [{ name: 'a' }] },
    {
      containers: [
        {
          name: 'a',
          env: [
            { name: 'E', value: '1' },
            { name: 'E', value: '2' },
          ],
        },
      ],
    },
    {
      containers: [
        {
          name: 'a',
          env: [
            { name: 'E', value: '1' },
            { name: 'E', value: '2' },
          ],
        },
      ],
    },
  ],
  [
    'deletes all items that share a key',
    { containers: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
    { containers: [{ name: 'a', $patch: 'delete' }] },
    { containers: [{ name: 'b' }] },
  ],
  [
    'keeps items that share a key',
    {
      containers: [
        {
          name: 'a',
          env: [
            { name: 'E', value: '1' },
            { name: 'E', value: '2' },
          ],
        },
      ],
    },
    { containers: [{ name: 'a', env: [{ name: 'F' }] }] },
    { containers: [{ name: 'a', env: [{ name: 'F' }, { name: 'E', value: '1' }, { name: 'E', value: '2' }] }] },
  ],
];

test.each(cases)('%s', (_, original, patch, result) => {
  const before = structuredClone({ original, patch });
  expect(strategicMergePatch(original, patch, schema)).toEqual(result);
  expect({ original, patch }).toEqual(before);
});

test.each([
  [{ labels: { $patch: 'shrug' } }, 'unknown patch type'],
  [{ containers: [{ image: 'x' }] }, 'does not contain declared merge key: name'],
  [{ containers: ['x'] }, 'expected a map'],
  [{ containers: [{ name: 'a', $patch: 'merge' }] }, 'merging lists cannot'],
  [{ containers: [{ name: 'x' }], '$setElementOrder/containers': [{ name: 'a' }] }, 'order in patch list'],
  [{ strategy: { $retainKeys: ['rolling'], type: 'x' } }, '$retainKeys'],
  [{ '$deleteFromPrimitiveList/finalizers': 'a' }, 'invalid patch format'],
])('refuses %j', (patch, message) => {
  expect(() => strategicMergePatch({ strategy: {}, finalizers: [], containers: [a] }, patch, schema)).toThrow(message);
});

const container = fc.record(
  {
    image: fc.constantFrom('x', 'y'),
    env: fc.dictionary(fc.constantFrom('E', 'F', 'G'), fc.constantFrom('1', '2')).map(asList('value')),
  },
  { requiredKeys: [] },
);
const object = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('1', '2')),
    finalizers: fc.uniqueArray(fc.constantFrom('f1', 'f2', 'f3')),
    args: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
    containers: fc
      .tuple(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), container), fc.array(fc.nat(), { minLength: 4 }))
      .map(([named, ranks]) =>
        shuffled(
          Object.entries(named).map(([name, rest]) => ({ name, ...rest })),
          ranks,
        ),
      ),
  },
  { requiredKeys: [] },
);

test('a patch made from the difference of two objects turns one into the other', () => {
  fc.assert(
    fc.property(object, object, (from, to) => {
      expect(strategicMergePatch<unknown>(from, diffMaps(from, to, schema), schema)).toEqual(to);
    }),
  );
});

function asList(field: string) {
  return (map: Record<string, unknown>) => Object.entries(map).map(([name, value]) => ({ name, [field]: value }));
}

function shuffled<T>(list: readonly T[], ranks: readonly number[]): T[] {
  return list
    .map((item, index) => ({ item, rank: ranks[index] ?? 0 }))
    .toSorted((x, y) => x.rank - y.rank)
    .map(({ item }) => item);
}

/** The patch a client would send: a small stand-in for kubectl's. */
function diffMaps(from: JsonObject, to: JsonObject, schema: Schema | undefined): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = from[key];
    const child = schema?.properties?.[key];
    if (isObject(value) && isObject(old)) patch[key] = diffMaps(old, value, child);
    else if (Array.isArray(value) && Array.isArray(old)) Object.assign(patch, diffLists(key, old, value, child));
    else patch[key] = value;
  }
  return patch;
}

function diffLists(key: string, from: JsonObject[], to: JsonObject[], schema: Schema | undefined): JsonObject {
  if (schema?.['x-kubernetes-patch-strategy'] !== 'merge') return { [key]: to };
  if (schema['x-kubernetes-patch-merge-key'] === undefined) {
    const gone = from.filter((item) => !to.includes(item));
    return { [key]: to, [`$deleteFromPrimitiveList/${key}`]: gone, [`$setElementOrder/${key}`]: to };
  }
  const gone = from.filter(({ name }) => to.every((item) => item['name'] !== name));
  const changed = to.map((item) => {
    const old = from.find(({ name }) => name === item['name']);
    return old ? { ...diffMaps(old, item, schema.items), name: item['name'] } : item;
  });
  return {
    [key]: [...changed, ...gone.map(({ name }) => ({ name, $patch: 'delete' }))],
    [`$setElementOrder/${key}`]: to.map(({ name }) => ({ name })),
  };
}
