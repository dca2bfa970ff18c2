import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldSet, keyStep, pathText } from './field-set.ts';

const setOf = (...paths: string[][]): FieldSet => {
  const set = new FieldSet();
  for (const path of paths) set.add(path);
  return set;
};

test('reads and writes FieldsV1, keys sorted, steps in order', () => {
  const fields = {
    'f:spec': {
      'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } },
      'f:ports': { 'k:{"protocol":"TCP","containerPort":80}': {} },
      'v:"x"': {},
    },
    'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {} } },
  };
  expect(JSON.stringify(FieldSet.decode(fields)?.encode())).toBe(
    JSON.stringify({
      'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {} } },
      'f:spec': {
        'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } },
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': {} },
        'v:"x"': {},
      },
    }),
  );
});

test.each([[{ shrug: {} }], [{ 'k:[]': {} }], [{ 'k:{': {} }], [{ 'v:': {} }], [{ 'f:a': 1 }], [[]]])(
  '%j is no FieldsV1',
  (fields) => {
    expect(FieldSet.decode(fields)).toBeUndefined();
  },
);

test('shows paths as conflicts do', () => {
  const item = keyStep({ protocol: 'TCP', containerPort: 80 });
  expect(item).toBe('k:{"containerPort":80,"protocol":"TCP"}');
  expect(pathText(['f:spec', 'f:ports', item, 'f:name'])).toBe('.spec.ports[containerPort=80,protocol="TCP"].name');
  expect(pathText(['f:set', 'v:"a"'])).toBe('.set[="a"]');
  expect(pathText(['f:list', 'i:0'])).toBe('.list[0]');
});

const path = fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":1}', 'v:"x"'), { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 6 });

test('adds, takes away and intersects like sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const a = new Set(left.map(String));
      const b = new Set(right.map(String));
      const told = (set: FieldSet): Set<string> => new Set([...set.paths()].map(String));
      const [x, y] = [setOf(...left), setOf(...right)];
      expect(told(x.union(y))).toEqual(new Set([...a, ...b]));
      expect(told(x.difference(y))).toEqual(new Set([...a].filter((each) => !b.has(each))));
      expect(told(x.intersection(y))).toEqual(new Set([...a].filter((each) => b.has(each))));
      expect(x.difference(x).isEmpty()).toBe(true);
      expect(x.union(y).equals(y.union(x))).toBe(true);
      expect(FieldSet.decode(x.encode())?.equals(x)).toBe(true);
    }),
  );
});

test('sets of one signature are the same set, whatever their fields are called', () => {
  const steps = fc.constantFrom('f:a', 'f:1:b', 'f:a{', 'f:}', 'f:.', 'f:');
  const sets = fc.array(fc.array(steps, { minLength: 1, maxLength: 3 }), { maxLength: 4 });
  fc.assert(
    fc.property(sets, sets, (some, others) => {
      const [a, b] = [setOf(...some), setOf(...others)];
      expect(a.signature() === b.signature() && !a.equals(b)).toBe(false);
    }),
  );
});
