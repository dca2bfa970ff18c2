import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { resourceWith } from '../../test/widget-crd.ts';
import { negotiate } from './accept.ts';
import { discoveryDocument } from './discovery.ts';
import { compareVersions } from './groups.ts';

const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
const widgets = { ...resourceWith({}), status: true, scale };
const resources = [...builtinResources(), widgets, { ...widgets, version: 'v2alpha1' }];
const body = (path: string, accept?: string) => discoveryDocument(path, accept, resources)?.body;

const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const v2beta1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

test('/api tells the versions of the core group', () => {
  expect(body('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
});

test('/apis tells groups, built-in ones first, and their preferred versions', () => {
  const { groups } = body('/apis') as { groups: { name: string; preferredVersion: object }[] };
  expect(groups.map(({ name }) => name)).not.toContain('');
  expect(groups.at(-1)).toEqual({
    name: 'demo.example.com',
    versions: [
      { groupVersion: 'demo.example.com/v1', version: 'v1' },
      { groupVersion: 'demo.example.com/v2alpha1', version: 'v2alpha1' },
    ],
    preferredVersion: { groupVersion: 'demo.example.com/v1', version: 'v1' },
  });
  expect(body('/apis/demo.example.com')).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...groups.at(-1) });
});

test('a group version tells its resources with their subresources', () => {
  const core = body('/api/v1') as { resources: { name: string }[] };
  expect(core.resources.filter(({ name }) => name.startsWith('pods'))).toMatchObject([
    { name: 'pods', singularName: 'pod', kind: 'Pod', namespaced: true, shortNames: ['po'], categories: ['all'] },
    { name: 'pods/attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'pods/binding', kind: 'Binding', verbs: ['create'] },
    { name: 'pods/eviction', kind: 'Eviction', group: 'policy', version: 'v1' },
    { name: 'pods/exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'pods/log', kind: 'Pod', verbs: ['get'] },
    { name: 'pods/portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    { name: 'pods/status', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
  ]);
  expect(body('/apis/demo.example.com/v1')).toMatchObject({
    groupVersion: 'demo.example.com/v1',
    resources: [
      { name: 'widgets' },
      { name: 'widgets/scale', group: 'autoscaling', kind: 'Scale' },
      { name: 'widgets/status' },
    ],
  });
});

test.each([
  [v2, v2],
  [v2beta1, v2beta1],
  [`${v2},${v2beta1},application/json`, v2],
  [`${v2beta1}, application/json;q=0.9`, v2beta1],
  ['application/json', 'application/json'],
  ['*/*', 'application/json'],
  ['application/vnd.kubernetes.protobuf', 'application/json'],
  [undefined, 'application/json'],
])('asked for %s it answers %s', (accept, contentType) => {
  expect(discoveryDocument('/apis', accept, resources)?.contentType).toBe(contentType);
});

test('the aggregated form tells all at once', () => {
  const { items } = body('/apis', v2) as { items: { metadata: { name: string }; versions: unknown[] }[] };
  expect(items.at(-1)).toMatchObject({
    metadata: { name: 'demo.example.com' },
    versions: [
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'widgets',
            singularResource: 'widget',
            scope: 'Namespaced',
            responseKind: { group: 'demo.example.com', version: 'v1', kind: 'Widget' },
            subresources: [{ subresource: 'scale', responseKind: { group: 'autoscaling' } }, { subresource: 'status' }],
          },
        ],
      },
      { version: 'v2alpha1' },
    ],
  });
  expect(body('/api', v2)).toMatchObject({
    apiVersion: 'apidiscovery.k8s.io/v2',
    items: [{ versions: [{ version: 'v1' }] }],
  });
});

test.each([
  '/',
  '/api/v2',
  '/apis/nothing.example.com',
  '/apis/policy/v9',
  '/api/v1/pods',
  '/apis/policy/v1/x',
  '/apix',
])('there is nothing at %s', (path) => {
  expect(body(path)).toBeUndefined();
});

test('versions go from stable to experimental, from new to old', () => {
  const order = ['v10', 'v2', 'v1', 'v2beta1', 'v1beta2', 'v1beta1', 'v1alpha1', 'apple', 'banana'];
  expect([...order].reverse().toSorted(compareVersions)).toEqual(order);
});

test('a type that is not offered is not given', () => {
  expect(negotiate('application/cbor', ['application/json'])).toBeUndefined();
});
