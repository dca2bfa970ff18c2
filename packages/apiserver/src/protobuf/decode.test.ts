import { expect, test } from 'vitest';
import { builtinKinds, modelOf } from '../builtin/kinds.ts';
import { readModel } from '../builtin/models.ts';
import { decodeKubernetesProtobuf } from './decode.ts';
import { type Field, fieldsOf } from './fields.ts';
import { MessageWriter } from './writer.ts';

const message = (): MessageWriter => new MessageWriter();

function envelope(apiVersion: string, kind: string, object: MessageWriter): Buffer {
  const typeMeta = message().text(1, apiVersion).text(2, kind);
  const body = message().message(1, typeMeta).message(2, object).finish();
  return Buffer.concat([Buffer.from('k8s\0'), body]);
}

const metadata = (name: string): MessageWriter =>
  message().text(1, name).text(2, '').text(3, '').text(4, '').message(8, message());

test('decodes a config map, leaving out what is empty', () => {
  const entry = message().text(1, 'key').text(2, '');
  const body = envelope('v1', 'ConfigMap', message().message(1, metadata('web')).message(2, entry));
  expect(decodeKubernetesProtobuf(body)).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web' },
    data: { key: '' },
  });
});

test('decodes embedded messages, quantities, numbers or names, times and bytes', () => {
  const handler = message().message(2, message().text(1, '/').message(2, message().integer(1, 1).text(3, 'http')));
  const limits = message().text(1, 'cpu').message(2, message().text(1, '500m'));
  const container = message()
    .text(1, 'user')
    .message(8, message().message(1, limits))
    .message(11, message().message(1, handler).integer(3, 5));
  const volume = message().text(1, 'data').message(2, message().message(2, message()));
  const spec = message().message(1, volume).message(2, container).integer(4, 0).flag(11, false);
  const created = metadata('web').message(8, message().integer(1, 1_700_000_000));
  const pod = envelope('v1', 'Pod', message().message(1, created).message(2, spec));
  expect(decodeKubernetesProtobuf(pod)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', creationTimestamp: '2023-11-14T22:13:20Z' },
    spec: {
      volumes: [{ name: 'data', emptyDir: {} }],
      containers: [
        {
          name: 'user',
          resources: { limits: { cpu: '500m' } },
          readinessProbe: { httpGet: { path: '/', port: 'http' }, timeoutSeconds: 5 },
        },
      ],
      terminationGracePeriodSeconds: 0,
    },
  });
});

test('decodes the data of a secret to base64', () => {
  const secret = message().message(1, metadata('s')).message(2, message().text(1, 'a').text(2, 'b'));
  expect(decodeKubernetesProtobuf(envelope('v1', 'Secret', secret))).toMatchObject({ data: { a: 'Yg==' } });
});

test('keeps micro-seconds and empty strings in lists', () => {
  const time = message().integer(1, 1_700_000_000).integer(2, 5_000);
  const lease = message().message(2, message().message(4, time));
  expect(decodeKubernetesProtobuf(envelope('coordination.k8s.io/v1', 'Lease', lease))).toMatchObject({
    spec: { renewTime: '2023-11-14T22:13:20.000005Z' },
  });
  const role = message().message(2, message().text(1, 'get').text(2, '').text(3, 'pods'));
  expect(decodeKubernetesProtobuf(envelope('rbac.authorization.k8s.io/v1', 'Role', role))).toMatchObject({
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['JSON', Buffer.from('{"kind":"Pod"}')],
  ['a message cut short', envelope('v1', 'ConfigMap', message().message(1, metadata('web'))).subarray(0, -3)],
  ['a kind that is not built in', envelope('apps/v1', 'Deployment', message())],
  ['an endless number', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)])],
])('refuses %s', (_, body) => {
  expect(() => decodeKubernetesProtobuf(body)).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
});

const names = (fields: ReadonlyMap<number, Field>): string[] =>
  [...fields.values()].flatMap((field) => (typeof field === 'string' ? [field] : names(field)));

function classesBelow(className: string, seen = new Set<string>()): Set<string> {
  const model = readModel(className);
  if (!model || seen.has(className) || className === 'V1JSONSchemaProps') return seen;
  seen.add(className);
  for (const { type } of model.fields)
    for (const name of type.match(/\b[A-Z]\w*V?[12]\w+/g) ?? []) classesBelow(name, seen);
  return seen;
}

test('knows the number of every field of every built-in kind', () => {
  const missing = builtinKinds
    .filter(({ absent }) => !absent)
    .flatMap((row) =>
      [...classesBelow(modelOf(row))].flatMap((className) =>
        readModel(className)!
          .fields.filter(({ name }) => name !== 'apiVersion' && name !== 'kind')
          .filter(({ name }) => !names(fieldsOf(className)).includes(name))
          .map(({ name }) => `${className}.${name}`),
      ),
    );
  expect([...new Set(missing)]).toEqual([]);
});
