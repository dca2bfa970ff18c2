import type { Schema } from '@ebb/api';
import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { readFields } from '../protobuf/reader.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { resourceWith } from '../../test/widget-crd.ts';
import { OpenApi } from './openapi.ts';

const widgets = resourceWith({
  spec: { type: 'object', properties: { size: { 'x-kubernetes-int-or-string': true } } },
});
const all = [...builtinResources(), widgets];
const api = new OpenApi(() => all);

type Document = {
  paths: Record<string, Record<string, Record<string, unknown> & { parameters: { name: string }[] }>>;
  components: { schemas: Record<string, Schema> };
};
const document = (path: string): Document =>
  JSON.parse(String(api.respond(path, 'application/json')?.body)) as Document;
const core = document('/openapi/v3/api/v1');

test('the index names each group version with the hash of its document', () => {
  const { paths } = JSON.parse(String(api.respond('/openapi/v3', undefined)?.body)) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/policy/v1', 'apis/demo.example.com/v1']));
  const url = paths['api/v1']!.serverRelativeURL;
  expect(`"${new URL(url, 'http://x').searchParams.get('hash')}"`).toBe(api.respond(url, '*/*')?.etag);
});

test('kinds and what they are made of stand there under their names in Kubernetes', () => {
  const { schemas } = core.components;
  expect(schemas['io.k8s.api.core.v1.Pod']).toMatchObject({
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
    properties: { spec: { $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' } },
  });
  expect(schemas['io.k8s.api.core.v1.PodSpec']!.properties!['containers']).toMatchObject({
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-patch-merge-key': 'name',
  });
  expect(schemas).toHaveProperty(['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']);
});

test('every reference leads somewhere', () => {
  for (const path of [
    '/openapi/v3/api/v1',
    '/openapi/v3/apis/rbac.authorization.k8s.io/v1',
    '/openapi/v3/apis/demo.example.com/v1',
  ]) {
    const { components } = document(path);
    const references = [...JSON.stringify(document(path)).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    for (const [, name] of references) expect(components.schemas).toHaveProperty([name!]);
  }
});

test('writing operations tell kubectl what the server can do', () => {
  const path = core.paths['/api/v1/namespaces/{namespace}/pods/{name}']!;
  expect(path['patch']).toMatchObject({
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'Pod' },
  });
  for (const method of ['put', 'patch'])
    expect(path[method]!.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation']),
    );
});

test('paths are there for all verbs, namespaces and subresources', () => {
  expect(Object.keys(core.paths)).toEqual(
    expect.arrayContaining([
      '/api/v1/pods',
      '/api/v1/namespaces/{namespace}/pods',
      '/api/v1/namespaces/{namespace}/pods/{name}/log',
      '/api/v1/namespaces/{namespace}/pods/{name}/eviction',
      '/api/v1/nodes/{name}/status',
    ]),
  );
  const reviews = document('/openapi/v3/apis/authorization.k8s.io/v1').paths;
  expect(Object.keys(reviews['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews']!)).toEqual(['post']);
});

test('a custom kind is named by its group turned round', () => {
  const { components } = document('/openapi/v3/apis/demo.example.com/v1');
  expect(components.schemas).toHaveProperty(['com.example.demo.v1.Widget']);
  expect(components.schemas).toHaveProperty(['com.example.demo.v1.WidgetList']);
});

test('version 2 has no alternatives and one document for all', () => {
  const swagger = JSON.parse(String(api.respond('/openapi/v2', 'application/json')?.body)) as {
    definitions: Record<string, Schema>;
  };
  expect(swagger.definitions['com.example.demo.v1.Widget']).toMatchObject({
    properties: { spec: { properties: { size: { type: 'string', format: 'int-or-string' } } } },
  });
  expect(JSON.stringify(swagger)).not.toMatch(/"(oneOf|anyOf|nullable)":/);
});

test('version 2 comes in protocol buffers under a name that is a media type', () => {
  const response = api.respond('/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf');
  expect(response?.contentType).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  const [swagger, , , definitions] = readFields(response!.body as Buffer);
  expect(Buffer.from(swagger!.value as Uint8Array).toString()).toBe('2.0');
  expect(readFields(definitions!.value as Uint8Array).length).toBeGreaterThan(200);
});

test('documents are kept until the resources change', () => {
  let resources: readonly ResourceInfo[] = [widgets];
  const changing = new OpenApi(() => resources);
  const get = () => changing.respond('/openapi/v3/apis/demo.example.com/v1', undefined);
  const first = get();
  expect(get()).toBe(first);
  resources = [resourceWith({})];
  expect(get()?.etag).not.toBe(first?.etag);
  resources = [];
  expect(get()).toBeUndefined();
});

test('other paths are not its own, other forms are not spoken', () => {
  expect(api.respond('/openapi/v3/apis/none.example.com/v1', undefined)).toBeUndefined();
  expect(api.respond('/openapi/v1', undefined)).toBeUndefined();
  expect(() => api.respond('/openapi/v3', 'application/cbor')).toThrow(expect.objectContaining({ code: 406 }));
});
