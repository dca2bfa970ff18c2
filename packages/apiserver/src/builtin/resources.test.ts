import { expect, test } from 'vitest';
import type { Schema } from '@ebb/api';
import { fieldExtensions, quantityFields } from './extensions.ts';
import { readModel } from './models.ts';
import { classOf } from './model-schema.ts';
import { builtinResources } from './resources.ts';

const of = (kind: string) => builtinResources().find((resource) => resource.kind === kind)!;
const at = (schema: Schema, ...path: string[]): Schema =>
  path.reduce((found, key) => (key === '[]' ? found.items! : found.properties![key]!), schema);

test.each(builtinResources().map((resource) => [resource.kind, resource] as const))(
  '%s has a schema',
  (kind, resource) => {
    expect(classOf(resource.schema.properties)).toBeDefined();
    expect(resource.schema.properties).toHaveProperty('metadata');
    expect(resource.schema['x-kubernetes-group-version-kind']).toEqual([
      { group: resource.group, version: resource.version, kind },
    ]);
  },
);

test.each([
  ['pods', 'pod', ['po'], ['all'], true],
  ['services', 'service', ['svc'], ['all'], true],
  ['endpoints', 'endpoints', ['ep'], [], true],
  ['ingresses', 'ingress', ['ing'], [], true],
  ['priorityclasses', 'priorityclass', ['pc'], [], false],
  ['nodes', 'node', ['no'], [], false],
])('%s has the names it has in Kubernetes', (plural, singular, shortNames, categories, namespaced) => {
  const found = builtinResources().find((resource) => resource.plural === plural);
  expect(found).toMatchObject({ singular, shortNames, categories, namespaced });
});

test('namespaces cannot be deleted in bulk, reviews only be created', () => {
  expect(of('Namespace').verbs).not.toContain('deletecollection');
  expect(of('SelfSubjectAccessReview').verbs).toEqual(['create']);
});

test('a pod has the subresources log, binding and eviction', () => {
  expect(of('Pod').subresources?.map(({ name }) => name)).toEqual([
    'attach',
    'binding',
    'eviction',
    'exec',
    'log',
    'portforward',
  ]);
});

test('a schema tells types, formats, required fields and descriptions', () => {
  const container = at(of('Pod').schema, 'spec', 'containers', '[]');
  expect(at(of('Pod').schema, 'spec').required).toEqual(['containers']);
  expect(at(container, 'ports', '[]', 'containerPort')).toMatchObject({ type: 'integer', format: 'int32' });
  expect(at(container, 'livenessProbe', 'httpGet', 'port')).toMatchObject({ 'x-kubernetes-int-or-string': true });
  expect(at(container, 'image').description).not.toBe('');
  expect(at(of('LimitRange').schema, 'spec', 'limits', '[]').properties).toHaveProperty('default');
  expect(at(of('Secret').schema, 'data').additionalProperties).toEqual({ type: 'string', format: 'byte' });
  expect(at(of('Lease').schema, 'spec', 'renewTime')).toMatchObject({ type: 'string', format: 'date-time' });
});

test('a schema tells how lists are merged', () => {
  const pod = of('Pod').schema;
  expect(at(pod, 'spec', 'containers', '[]', 'ports')).toMatchObject({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
    'x-kubernetes-patch-merge-key': 'containerPort',
  });
  expect(at(pod, 'spec', 'volumes')['x-kubernetes-patch-strategy']).toBe('merge,retainKeys');
  expect(at(pod, 'metadata', 'finalizers')['x-kubernetes-list-type']).toBe('set');
  expect(at(pod, 'spec', 'nodeSelector')['x-kubernetes-map-type']).toBe('atomic');
});

const namedFields = [
  ...Object.entries(fieldExtensions).flatMap(([name, fields]) => Object.keys(fields).map((field) => [name, field])),
  ...Object.entries(quantityFields).flatMap(([name, fields]) => fields.map((field) => [name, field])),
] as [string, string][];

test.each(namedFields)('%s has the field %s that the tables name', (className, field) => {
  expect(readModel(className)?.fields.map(({ name }) => name)).toContain(field);
});
