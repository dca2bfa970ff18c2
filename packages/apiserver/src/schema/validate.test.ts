import type { Schema } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { applyDefaults } from './default.ts';
import { invalidObject } from './field-error.ts';
import { resourceWith, widget } from '../../test/widget-crd.ts';
import { validateSchema } from './validate.ts';

const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

test.each<[spec: Schema, given: unknown, errors: string[]]>([
  [{ required: ['a', 'b'] }, { a: 1 }, ['spec.b: Required value']],
  [
    { properties: { a: { type: 'integer' } } },
    { a: 'x' },
    ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'],
  ],
  [
    { properties: { a: { type: 'integer' } } },
    { a: 1.5 },
    ['spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"'],
  ],
  [
    { properties: { a: { type: 'string' } } },
    { a: null },
    ['spec.a: Invalid value: "null": spec.a in body must be of type string: "null"'],
  ],
  [{ properties: { a: { type: 'string', nullable: true } } }, { a: null }, []],
  [{ properties: { a: { type: 'number' } } }, { a: 1 }, []],
  [{ properties: { a: { 'x-kubernetes-int-or-string': true } } }, { a: '10%' }, []],
  [
    { properties: { a: { 'x-kubernetes-int-or-string': true } } },
    { a: true },
    ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'],
  ],
  [
    { properties: { a: { type: 'string', enum: ['A', 'B'] } } },
    { a: 'x' },
    ['spec.a: Unsupported value: "x": supported values: "A", "B"'],
  ],
  [
    { properties: { a: { type: 'integer', minimum: 1 } } },
    { a: 0 },
    ['spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1'],
  ],
  [
    { properties: { a: { type: 'integer', maximum: 1, exclusiveMaximum: true } } },
    { a: 1 },
    ['spec.a: Invalid value: 1: spec.a in body should be less than 1'],
  ],
  [
    { properties: { a: { type: 'integer', format: 'int32' } } },
    { a: 2 ** 31 },
    ['spec.a: Invalid value: 2147483648: spec.a in body must be of type int32: "number"'],
  ],
  [
    { properties: { a: { type: 'string', minLength: 2 } } },
    { a: 'x' },
    ['spec.a: Invalid value: "x": spec.a in body should be at least 2 chars long'],
  ],
  [
    { properties: { a: { type: 'string', maxLength: 1 } } },
    { a: 'xy' },
    ['spec.a: Too long: may not be more than 1 bytes'],
  ],
  [
    { properties: { a: { type: 'string', pattern: '^a+$' } } },
    { a: 'b' },
    ['spec.a: Invalid value: "b": spec.a in body should match \'^a+$\''],
  ],
  [{ properties: { a: { type: 'string', pattern: '(?i)^a' } } }, { a: 'b' }, []],
  [
    { properties: { a: { type: 'string', format: 'date-time' } } },
    { a: 'noon' },
    ['spec.a: Invalid value: "noon": spec.a in body must be of type date-time: "noon"'],
  ],
  [
    { properties: { a: { type: 'array', maxItems: 1, items: {} } } },
    { a: [1, 2] },
    ['spec.a: Too many: 2: must have at most 1 items'],
  ],
  [
    { properties: { a: { type: 'array', items: { type: 'string' } } } },
    { a: ['x', 1] },
    ['spec.a[1]: Invalid value: "integer": spec.a[1] in body must be of type string: "integer"'],
  ],
  [
    { properties: { a: { type: 'array', 'x-kubernetes-list-type': 'set', items: {} } } },
    { a: ['x', 'x'] },
    ['spec.a[1]: Duplicate value: "x"'],
  ],
  [
    {
      properties: {
        a: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: {} },
      },
    },
    {
      a: [
        { k: 1, v: 1 },
        { k: 1, v: 2 },
      ],
    },
    ['spec.a[1]: Duplicate value: {"k":1}'],
  ],
  [
    { properties: { a: { additionalProperties: { type: 'string' } } } },
    { a: { k: 1 } },
    ['spec.a.k: Invalid value: "integer": spec.a.k in body must be of type string: "integer"'],
  ],
  [
    { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    { a: 1, b: 1 },
    ['spec: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [
    { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    {},
    ['spec: Invalid value: "": "spec" must validate at least one schema (anyOf)'],
  ],
  [{ not: { required: ['a'] } }, { a: 1 }, ['spec: Invalid value: "": "spec" must not validate the schema (not)']],
])('schema %j of %j finds %j', (schema, spec, errors) => {
  const object = widget({ spec });
  expect(texts(validateSchema(object, resourceWith({ spec: { type: 'object', ...schema } })))).toEqual(errors);
});

test.each([
  [{ name: 'Web' }, /^metadata\.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of/],
  [{}, /^metadata\.name: Required value: name or generateName is required$/],
  [{ name: 'w', labels: { a: 'b c' } }, /^metadata\.labels: Invalid value: "b c": a valid label must be/],
  [{ name: 'w', labels: { '-a': 'b' } }, /^metadata\.labels: Invalid value: "-a": name part must consist of/],
  [{ name: 'w', labels: { a: 1 } }, /^metadata\.labels\.a: Invalid value: "integer": .* must be of type string/],
  [
    { name: 'w', annotations: { 'a/b/c': '' } },
    /^metadata\.annotations: Invalid value: "a\/b\/c": a qualified name must/,
  ],
  [
    { name: 'w', annotations: { a: 'x'.repeat(300_000) } },
    /^metadata\.annotations: Too long: may not be more than 262144/,
  ],
  [
    { name: 'w', ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a' }] },
    /^metadata\.ownerReferences\.uid: .*uid must not be empty/,
  ],
  [{ name: 'w', finalizers: ['no good'] }, /^metadata\.finalizers: Invalid value: "no good"/],
])('metadata %j is refused', (metadata, text) => {
  const [first] = texts(validateSchema({ ...widget({}), metadata: metadata as object }, resourceWith({})));
  expect(first).toMatch(text);
});

const pod = builtinResources().find(({ kind }) => kind === 'Pod')!;

function podErrors(spec: object): string[] {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
  applyDefaults(object, pod);
  return texts(validateSchema(object, pod));
}

const c = { name: 'c', image: 'i' };

test.each<[spec: object, errors: string[]]>([
  [{ containers: [c] }, []],
  [{}, ['spec.containers: Required value']],
  [{ containers: [{ name: 'c' }] }, ['spec.containers[0].image: Required value']],
  [{ containers: [c, c] }, ['spec.containers[1].name: Duplicate value: "c"']],
  [
    { containers: [c], restartPolicy: 'Sometimes' },
    ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    { containers: [{ ...c, ports: [{ containerPort: 0 }] }] },
    ['spec.containers[0].ports[0].containerPort: Required value'],
  ],
  [{ containers: [{ ...c, env: [{ value: 'x' }] }] }, ['spec.containers[0].env[0].name: Required value']],
  [
    { containers: [{ ...c, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    { containers: [{ ...c, resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] },
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    { containers: [{ ...c, livenessProbe: {} }] },
    ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  ],
  [
    { containers: 'x' },
    ['spec.containers: Invalid value: "string": spec.containers in body must be of type array: "string"'],
  ],
])('a pod with %j: %j', (spec, errors) => {
  expect(podErrors(spec)).toEqual(errors);
});

test.each<[kind: string, fields: object, errors: string[]]>([
  ['Service', { spec: {} }, ['spec.ports: Required value']],
  ['Service', { spec: { clusterIP: 'None' } }, []],
  [
    'Service',
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
  ],
  ['Service', { spec: { type: 'ExternalName' } }, ['spec.externalName: Required value']],
  [
    'ConfigMap',
    { data: { a: '' }, binaryData: { a: '' } },
    ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ],
  [
    'Lease',
    { spec: { leaseDurationSeconds: 0 } },
    ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  ],
  ['RoleBinding', { roleRef: { kind: 'Role' } }, ['roleRef.name: Required value']],
  [
    'Role',
    { rules: [{ resources: ['pods'] }] },
    ['rules[0].verbs: Required value: verbs must contain at least one value'],
  ],
])('a %s with %j: %j', (kind, fields, errors) => {
  const info = builtinResources().find((resource) => resource.kind === kind)!;
  const object = { apiVersion: 'v1', kind, metadata: { name: 'x' }, ...structuredClone(fields) };
  applyDefaults(object, info);
  expect(texts(validateSchema(object, info))).toEqual(errors);
});

test('errors become the Status that Kubernetes answers', () => {
  const errors = [
    { field: 'spec.a', reason: 'FieldValueRequired', message: 'Required value' },
    { field: 'spec.b', reason: 'FieldValueRequired', message: 'Required value' },
  ];
  expect(invalidObject({ group: 'demo.example.com', kind: 'Widget' }, 'w', errors).toStatus()).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message: 'Widget.demo.example.com "w" is invalid: [spec.a: Required value, spec.b: Required value]',
    details: { name: 'w', group: 'demo.example.com', kind: 'Widget', causes: errors },
  });
});

test('no object of any shape breaks validation', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...builtinResources()),
      fc.dictionary(fc.constantFrom('spec', 'data', 'rules', 'roleRef', 'subjects'), fc.jsonValue()),
      (info, fields) => {
        const object = { metadata: { name: 'x' }, ...fields };
        applyDefaults(object, info);
        expect(Array.isArray(validateSchema(object, info))).toBe(true);
      },
    ),
  );
});
