import type { Pod } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ObjectStore } from './object-store.ts';

const pod = (name: string, version: number, node = 'n1', uid = name): Pod => ({
  metadata: { namespace: 'default', name, uid, resourceVersion: String(version) },
  spec: { containers: [], nodeName: node },
});

const byNode = { node: ({ spec }: Pod) => (spec.nodeName ? [spec.nodeName] : []) };

test('finds objects by key, namespace and index, as they are now', () => {
  const store = new ObjectStore(byNode);
  store.set(pod('a', 1, 'n1'));
  store.set(pod('b', 2, 'n1'));
  store.set(pod('a', 3, 'n2'));
  expect(store.get('default/a')).toEqual(pod('a', 3, 'n2'));
  expect(store.byIndex('node', 'n1')).toEqual([pod('b', 2, 'n1')]);
  expect(store.byIndex('node', 'n2')).toEqual([pod('a', 3, 'n2')]);
  expect(store.list('default')).toHaveLength(2);
  expect(store.list('other')).toEqual([]);
  store.delete('default/b');
  expect(store.byIndex('node', 'n1')).toEqual([]);
  expect(() => store.byIndex('nose', 'n1')).toThrow('no index is called nose');
});

test('tells what changed, and nothing of what did not', () => {
  const store = new ObjectStore<Pod>();
  expect(store.set(pod('a', 1))?.type).toBe('added');
  expect(store.set(pod('a', 1))).toBeUndefined();
  expect(store.set(pod('a', 2))).toEqual({ type: 'updated', object: pod('a', 2), old: pod('a', 1) });
  expect(store.delete('default/a', pod('a', 3))).toEqual({ type: 'deleted', object: pod('a', 3) });
  expect(store.delete('default/a')).toBeUndefined();
});

test('sees a namesake in a new list as deleted and added', () => {
  const store = new ObjectStore<Pod>();
  store.set(pod('a', 1, 'n1', 'u1'));
  const events = [...store.replace([pod('a', 2, 'n1', 'u2')])];
  expect(events.map(({ type, object }) => [type, object.metadata.uid])).toEqual([
    ['deleted', 'u1'],
    ['added', 'u2'],
  ]);
});

test('becomes any list, by events that replayed elsewhere give the same', () => {
  const pods = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), version: fc.nat(3), node: fc.constantFrom('n1', 'n2') }),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(fc.array(pods), (lists) => {
      const store = new ObjectStore(byNode);
      const replica = new Map<string, Pod>();
      for (const [round, list] of lists.entries()) {
        const objects = list.map(({ name, version, node }) => pod(name, round * 10 + version, node));
        for (const event of store.replace(objects)) {
          const name = event.object.metadata.name ?? '';
          expect(replica.has(name)).toBe(event.type !== 'added');
          if (event.type === 'deleted') replica.delete(name);
          else replica.set(name, event.object);
        }
        const sorted = (all: Iterable<Pod>): Pod[] =>
          [...all].toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
        expect(sorted(store.list())).toEqual(sorted(objects));
        expect(sorted(replica.values())).toEqual(sorted(objects));
        for (const node of ['n1', 'n2']) {
          expect(sorted(store.byIndex('node', node))).toEqual(
            sorted(objects.filter(({ spec }) => spec.nodeName === node)),
          );
        }
      }
    }),
  );
});
