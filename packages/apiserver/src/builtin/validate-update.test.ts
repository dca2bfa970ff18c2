import { expect, test } from 'vitest';
import { validateSchema } from '../schema/validate.ts';
import { applyDefaults } from '../schema/default.ts';
import { builtinResources } from './resources.ts';

const c = { name: 'c', image: 'i' };
const cluster = { type: 'ClusterIP', ports: [{ port: 1 }] };

test.each<[kind: string, old: object, object: object, error: string]>([
  ['ConfigMap', { data: { a: '1' } }, { data: { a: '2' } }, ''],
  [
    'ConfigMap',
    { immutable: true, data: { a: '1' } },
    { immutable: true, data: { a: '2' } },
    'data: Forbidden: field is immutable when `immutable` is set',
  ],
  ['Secret', { type: 'a' }, { type: 'b' }, 'type: Invalid value: "b": field is immutable'],
  ['Pod', { spec: { containers: [c] } }, { spec: { containers: [{ ...c, image: 'j' }] } }, ''],
  [
    'Pod',
    { spec: { containers: [c], nodeName: 'm' } },
    { spec: { containers: [c], nodeName: 'n' } },
    'spec: Forbidden: pod updates may not change',
  ],
  [
    'Pod',
    { spec: { containers: [c] } },
    { spec: { containers: [{ ...c, args: ['x'] }] } },
    'spec: Forbidden: pod updates may not change',
  ],
  [
    'Service',
    { spec: { ...cluster, clusterIP: 'None' } },
    { spec: { ...cluster, clusterIP: '1.1.1.1' } },
    'spec.clusterIPs[0]: Invalid value: "1.1.1.1": may not change once set',
  ],
  [
    'RoleBinding',
    { roleRef: { kind: 'Role', name: 'a' } },
    { roleRef: { kind: 'Role', name: 'b' } },
    'roleRef: Invalid value',
  ],
  ['PriorityClass', { value: 1 }, { value: 2 }, 'value: Forbidden: may not be changed in an update.'],
  [
    'Lease',
    { metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } },
    { metadata: { name: 'x', finalizers: ['a.b/c'] } },
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
  ],
])('a %s of %j becoming %j: %s', (kind, before, after, error) => {
  const info = builtinResources().find((resource) => resource.kind === kind)!;
  const [old, object] = [before, after].map((fields) => {
    const made = {
      apiVersion: info.group === '' ? 'v1' : `${info.group}/v1`,
      kind,
      metadata: { name: 'x' },
      ...structuredClone(fields),
    };
    applyDefaults(made, info);
    return made;
  });
  const [first = ''] = validateSchema(object!, info, old).map(({ field, message }) => `${field}: ${message}`);
  expect(first.slice(0, error.length)).toBe(error);
  expect(first === '').toBe(error === '');
});
