import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectTable } from './object-table.ts';
import { StoredObject } from './stored-object.ts';

const stored = (namespace: string, name: string, revision: number): StoredObject =>
  new StoredObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }, revision);

const step = fc.record({
  what: fc.constantFrom('set', 'delete', 'list'),
  namespace: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('x', 'y', 'z', 'x-1', 'Z'),
});

describe('ObjectTable', () => {
  it('lists by namespace and name what is in it, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new ObjectTable();
        const model = new Map<string, number>();
        for (const [revision, { what, namespace, name }] of steps.entries()) {
          const key = `${namespace}/${name}`;
          if (what === 'set') model.set(key, revision);
          if (what === 'set') table.set(stored(namespace, name, revision));
          const deleted = what === 'delete' ? table.delete(namespace, name)?.revision : undefined;
          expect(deleted).toBe(what === 'delete' ? model.get(key) : undefined);
          if (what === 'delete') model.delete(key);
          const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(table.list().map((each) => [`${each.namespace}/${each.name}`, each.revision])).toEqual(expected);
          expect(table.size).toBe(model.size);
        }
      }),
    );
  });
});
