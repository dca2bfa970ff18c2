import type { KubernetesObject, Schema } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { resourceWith, widget } from '../../test/widget-crd.ts';
import { pruneUnknown } from './prune.ts';

const keeps: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

test.each<[what: string, spec: Schema, given: object, left: object, removed: string[]]>([
  ['a field', { properties: { a: {} } }, { a: 1, b: 2 }, { a: 1 }, ['spec.b']],
  [
    'a field of an element',
    { properties: { l: { items: { properties: { a: {} } } } } },
    { l: [{ a: 1 }, { b: 1 }] },
    { l: [{ a: 1 }, {}] },
    ['spec.l[1].b'],
  ],
  ['nothing of what is left open', { properties: { o: keeps } }, { o: { x: { y: 1 } } }, { o: { x: { y: 1 } } }, []],
  [
    'a field below a known one that is not open',
    { ...keeps, properties: { a: { type: 'object', properties: {} } } },
    { a: { x: 1 }, b: { y: 1 } },
    { a: {}, b: { y: 1 } },
    ['spec.a.x'],
  ],
  [
    'a field of a map value',
    { properties: { m: { additionalProperties: { properties: { a: {} } } } } },
    { m: { k: { a: 1, b: 1 } } },
    { m: { k: { a: 1 } } },
    ['spec.m.k.b'],
  ],
  [
    'nothing of an open map',
    { properties: { m: { additionalProperties: true } } },
    { m: { k: { a: 1 } } },
    { m: { k: { a: 1 } } },
    [],
  ],
  [
    'fields named like those of every object',
    { properties: {} },
    JSON.parse('{"constructor":1,"__proto__":{"a":1}}'),
    {},
    ['spec.constructor', 'spec.__proto__'],
  ],
])('removes %s', (_, schema, spec, left, removed) => {
  const object = widget({ spec });
  expect(pruneUnknown(object, resourceWith({ spec: { type: 'object', ...schema } }))).toEqual(removed);
  expect(object).toEqual(widget({ spec: left }));
});

test('removes unknown metadata, and keeps what metadata has', () => {
  const managedFields = [{ manager: 'm', fieldsV1: { 'f:spec': {} } }];
  const object = { ...widget({}), metadata: { name: 'w', labels: { a: 'b' }, colour: 'red', managedFields } };
  expect(pruneUnknown(object, resourceWith({}))).toEqual(['metadata.colour']);
  expect(object.metadata).toEqual({ name: 'w', labels: { a: 'b' }, managedFields });
});

test('removes nothing at the root of a kind that keeps unknown fields', () => {
  const object = widget({ anything: { goes: true } });
  expect(pruneUnknown(object, { ...resourceWith({}), preserveUnknownFields: true })).toEqual([]);
  expect(object).toHaveProperty('anything.goes', true);
});

test('completes embedded resources', () => {
  const template: Schema = {
    ...keeps,
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': false,
    properties: {},
  };
  const object = widget({ spec: { t: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', y: 1 }, z: 1 } } });
  const removed = pruneUnknown(object, resourceWith({ spec: { type: 'object', properties: { t: template } } }));
  expect(removed).toEqual(['spec.t.metadata.y', 'spec.t.z']);
});

const pod = builtinResources().find(({ kind }) => kind === 'Pod')!;

test('pruning again finds nothing, and known fields stay', () => {
  const known = { name: fc.string(), image: fc.string(), args: fc.array(fc.string()) };
  const container = fc.record({ ...known, bogus: fc.anything() }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(container), fc.dictionary(fc.string(), fc.jsonValue()), (containers, spec) => {
      const object = structuredClone({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { ...spec, containers },
      }) as KubernetesObject & { spec: { containers: object[] } };
      pruneUnknown(object, pod);
      expect(pruneUnknown(object, pod)).toEqual([]);
      for (const container of containers) delete container.bogus;
      expect(object.spec.containers).toEqual(containers);
    }),
  );
});
