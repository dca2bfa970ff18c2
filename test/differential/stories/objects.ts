import { type Story, asTable, create, get, patch, remove, replace, watchSince } from '../story.ts';
import { configMap, configMaps, pods } from './paths.ts';

const yaml = 'application/yaml';
const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const partialList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/** Create, read, replace and delete, with all the ways to get them wrong. */
export const objects: readonly Story[] = [
  {
    name: 'create',
    managedFields: true,
    steps: [
      create('a plain object', configMaps, configMap('a', { k: 'v' })),
      create('the same again', configMaps, configMap('a')),
      create('without kind and version', configMaps, { metadata: { name: 'b' } }),
      create('of another kind', configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c' } }),
      create('of another version', configMaps, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'c' } }),
      create('of no kind there is', configMaps, { apiVersion: 'v1', kind: 'Nope', metadata: { name: 'c' } }),
      create('of another group', configMaps, { apiVersion: 'apps/v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
      create('for another namespace', configMaps, configMap('c', {}, { namespace: 'other' })),
      create('in no namespace', '/api/v1/namespaces/no-such-<ns>/configmaps', configMap('c')),
      create('with no name', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      create('with a bad name', configMaps, configMap('Not_Good')),
      create('with a name too long', configMaps, configMap('n'.repeat(254))),
      create('with a made name', configMaps, configMap('', {}, { generateName: 'made-', name: undefined })),
      create('with a bad base of a name', configMaps, configMap('', {}, { generateName: 'Made_', name: undefined })),
      create('with bad labels', configMaps, configMap('c', {}, { labels: { 'a b': 'c', d: 'e f' } })),
      create('with bad annotations', configMaps, configMap('c', {}, { annotations: { 'a b': 'c' } })),
      create('with bad finalizers', configMaps, configMap('c', {}, { finalizers: ['nope', 'a.b/c d'] })),
      create('with a bad owner', configMaps, configMap('c', {}, { ownerReferences: [{ apiVersion: 'v1', kind: '' }] })),
      create(
        'with two controllers',
        configMaps,
        configMap(
          'c',
          {},
          {
            ownerReferences: ['x', 'y'].map((name) => ({
              apiVersion: 'v1',
              kind: 'Pod',
              name,
              uid: name,
              controller: true,
            })),
          },
        ),
      ),
      create('with a version', configMaps, configMap('c', {}, { resourceVersion: '5' })),
      create(
        'with a uid and times',
        configMaps,
        configMap('d', {}, { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7 }),
      ),
      create('with bad keys', configMaps, configMap('c', { 'a/b': '1', '..': '2' })),
      create('with a number for a text', configMaps, configMap('c', { a: 1 })),
      create('with null for a text', configMaps, configMap('nulls', { a: null, b: '1' })),
      create('with a text for a map', configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'c' },
        data: 'x',
      }),
      create('with a list for metadata', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: [] }),
      create('with bad base64', configMaps, { metadata: { name: 'c' }, binaryData: { a: '***' } }),
      create('as YAML', configMaps, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: in-yaml\ndata:\n  a: "1"\n', {
        type: yaml,
      }),
      create('as broken YAML', configMaps, 'apiVersion: v1\nkind: [', {
        type: yaml,
        show: ({ code }: { code: number }) => code,
      }),
      create('as broken JSON', configMaps, '{"kind":"ConfigMap","metadata":{"name":"x"', {}),
      create('as text', configMaps, 'hello', { type: 'text/plain' }),
      create('as broken protobuf', configMaps, 'k8s\0hello', {
        type: 'application/vnd.kubernetes.protobuf',
        show: ({ code }: { code: number }) => code,
      }),
      create('as a list', configMaps, []),
      create('as null', configMaps, 'null'),
      create('with an empty body', configMaps, ''),
      create('too large', configMaps, configMap('c', { a: 'x'.repeat(1024 * 1024 + 1) })),
      create('far too large', configMaps, configMap('c', { a: 'x'.repeat(3 * 1024 * 1024 + 1) })),
      create('on a name', `${configMaps}/x`, configMap('x')),
      create('on all namespaces', '/api/v1/configmaps', configMap('x')),
      create('as a dry run', `${configMaps}?dryRun=All`, configMap('dry')),
      get('what was a dry run', `${configMaps}/dry`),
      create('as a bad dry run', `${configMaps}?dryRun=Some`, configMap('dry')),
      create('with a manager too long', `${configMaps}?fieldManager=${'m'.repeat(129)}`, configMap('c')),
    ],
  },
  {
    name: 'field-validation',
    steps: [
      ...['Strict', 'Warn', 'Ignore', ''].flatMap((how, index) => [
        create(`an unknown field, ${how || 'by default'}`, `${configMaps}?fieldValidation=${how}`, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `u${index}`, nope: 1 },
          dat: { a: 'b' },
        }),
        create(
          `a key twice, ${how || 'by default'}`,
          `${configMaps}?fieldValidation=${how}`,
          `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d${index}","name":"d${index}"},"data":{"a":"1","a":"2"}}`,
        ),
      ]),
      create('in an unknown way', `${configMaps}?fieldValidation=Maybe`, configMap('x')),
      create(
        'a key twice in YAML, strict',
        `${configMaps}?fieldValidation=Strict`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\ndata:\n  a: "1"\n  a: "2"\n',
        { type: yaml },
      ),
      create(
        'a key twice in YAML',
        configMaps,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\ndata:\n  a: "1"\n  a: "2"\n',
        { type: yaml },
      ),
      create('deep unknown fields of a pod', `${pods}?fieldValidation=Strict`, {
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'a', image: 'x', nope: 1 }], nope: { a: 1 } },
      }),
      create('a field in other case', `${configMaps}?fieldValidation=Strict`, {
        metadata: { name: 'case' },
        Data: { a: 'b' },
      }),
      create('base', configMaps, configMap('base')),
      patch('merge', 'a merge patch with an unknown field', `${configMaps}/base?fieldValidation=Strict`, { nope: 1 }),
      patch('merge', 'a merge patch with an unknown field, warned', `${configMaps}/base?fieldValidation=Warn`, {
        nope: 1,
      }),
      patch('strategic', 'a strategic patch with an unknown field', `${configMaps}/base?fieldValidation=Strict`, {
        nope: 1,
      }),
      patch('json', 'a JSON patch with an unknown field', `${configMaps}/base?fieldValidation=Strict`, [
        { op: 'add', path: '/nope', value: 1 },
      ]),
      patch('apply', 'an apply with an unknown field', `${configMaps}/base?fieldManager=m&fieldValidation=Strict`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'base' },
        nope: 1,
      }),
      replace('a replacement with an unknown field', `${configMaps}/base?fieldValidation=Strict`, {
        metadata: { name: 'base' },
        nope: 1,
      }),
    ],
  },
  {
    name: 'read',
    steps: [
      create('a', configMaps, configMap('a', { k: 'v' }, { labels: { app: 'x' } })),
      get('it', `${configMaps}/a`),
      get('its metadata', `${configMaps}/a`, { accept: partial }),
      get('it as a table', `${configMaps}/a`, { accept: asTable }),
      get('the metadata of all', configMaps, { accept: partialList, show: withItems }),
      get('as YAML', `${configMaps}/a`, { accept: 'application/yaml', show: () => 'yaml' }),
      get('as any', `${configMaps}/a`, { accept: '*/*' }),
      get('as nothing known', `${configMaps}/a`, { accept: 'text/html' }),
      get('as protobuf', `${configMaps}/a`, { accept: 'application/vnd.kubernetes.protobuf', show: () => 'protobuf' }),
      get('as protobuf or JSON', `${configMaps}/a`, {
        accept: 'application/vnd.kubernetes.protobuf,application/json',
        show: () => 'protobuf',
      }),
      get('what is not there', `${configMaps}/nope`),
      get('of an unknown resource', '/api/v1/namespaces/<ns>/nopes/a'),
      get('of an unknown version', '/api/v2/namespaces/<ns>/configmaps/a'),
      get('of an unknown group', '/apis/nope.example.com/v1/namespaces/<ns>/configmaps/a'),
      get('an unknown subresource', `${configMaps}/a/nope`),
      get('status of a kind without', `${configMaps}/a/status`),
      get('at version 0', `${configMaps}/a?resourceVersion=0`),
      get('at a version far off', `${configMaps}/a?resourceVersion=999999999`),
      get('at no version', `${configMaps}/a?resourceVersion=x`),
      get('in no namespace', '/api/v1/namespaces/no-such-<ns>/configmaps/a'),
      { say: 'another method', method: 'OPTIONS', path: `${configMaps}/a` },
      { say: 'PUT on a collection', method: 'PUT', path: configMaps, body: {} },
      {
        say: 'PATCH on a collection',
        method: 'PATCH',
        path: configMaps,
        body: {},
        type: 'application/merge-patch+json',
      },
    ],
  },
  {
    name: 'replace',
    steps: [
      create('a', configMaps, configMap('a', { k: '1' }), {
        save: { v1: 'metadata.resourceVersion', uid: 'metadata.uid' },
      }),
      replace('with nothing said of versions', `${configMaps}/a`, configMap('a', { k: '2' }), {
        save: { v2: 'metadata.resourceVersion' },
      }),
      replace('from an old version', `${configMaps}/a`, configMap('a', { k: '3' }, { resourceVersion: '<v1>' })),
      replace('from the present version', `${configMaps}/a`, configMap('a', { k: '3' }, { resourceVersion: '<v2>' }), {
        save: { v3: 'metadata.resourceVersion' },
      }),
      replace('from a version that is none', `${configMaps}/a`, configMap('a', { k: '3' }, { resourceVersion: 'x' })),
      replace('with the same', `${configMaps}/a`, configMap('a', { k: '3' })),
      replace('with another uid', `${configMaps}/a`, configMap('a', { k: '3' }, { uid: 'other' })),
      replace('with its uid', `${configMaps}/a`, configMap('a', { k: '4' }, { uid: '<uid>' })),
      replace('under another name', `${configMaps}/a`, configMap('b')),
      replace('without a name', `${configMaps}/a`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      replace('in another namespace', `${configMaps}/a`, configMap('a', {}, { namespace: 'other' })),
      replace('what is not there', `${configMaps}/b`, configMap('b')),
      replace('what is not there, with a version', `${configMaps}/c`, configMap('c', {}, { resourceVersion: '<v3>' })),
      replace('what is not there, with a uid', `${configMaps}/c`, configMap('c', {}, { uid: 'x' })),
      replace('as a dry run', `${configMaps}/a?dryRun=All`, configMap('a', { k: '9' })),
      get('after all that', `${configMaps}/a`),
      watchSince('what was told of it', configMaps, '<v1>'),
    ],
  },
  {
    name: 'immutable',
    steps: [
      create('a frozen one', configMaps, { metadata: { name: 'f' }, data: { a: '1' }, immutable: true }),
      patch('merge', 'a change of data', `${configMaps}/f`, { data: { a: '2' } }),
      patch('merge', 'thawing', `${configMaps}/f`, { immutable: false }),
      patch('merge', 'a new label', `${configMaps}/f`, { metadata: { labels: { a: 'b' } } }),
      patch('merge', 'another name', `${configMaps}/f`, { metadata: { name: 'g' } }),
      patch('merge', 'another namespace', `${configMaps}/f`, { metadata: { namespace: 'g' } }),
      patch('merge', 'another uid', `${configMaps}/f`, { metadata: { uid: 'g' } }),
      patch('merge', 'another time of creation', `${configMaps}/f`, {
        metadata: { creationTimestamp: '2001-01-01T00:00:00Z' },
      }),
      patch('merge', 'another kind', `${configMaps}/f`, { kind: 'Secret' }),
      patch('merge', 'another generation', `${configMaps}/f`, { metadata: { generation: 5 } }),
    ],
  },
  {
    name: 'delete',
    steps: [
      create('a', configMaps, configMap('a'), { save: { v: 'metadata.resourceVersion', uid: 'metadata.uid' } }),
      remove('what is not there', `${configMaps}/nope`),
      remove('another uid', `${configMaps}/a`, { preconditions: { uid: 'nope' } }),
      remove('another version', `${configMaps}/a`, { preconditions: { resourceVersion: '1' } }),
      remove('with a policy there is not', `${configMaps}/a`, { propagationPolicy: 'Sideways' }),
      remove('with a policy in the query', `${configMaps}/a?propagationPolicy=Sideways`),
      remove('with both ways to say orphan', `${configMaps}/a`, {
        propagationPolicy: 'Orphan',
        orphanDependents: true,
      }),
      remove('with options of another kind', `${configMaps}/a`, { kind: 'ConfigMap', apiVersion: 'v1' }),
      remove('with broken options', `${configMaps}/a`, '{'),
      remove('as a dry run', `${configMaps}/a`, { dryRun: ['All'] }),
      remove('with its uid and version', `${configMaps}/a`, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { uid: '<uid>', resourceVersion: '<v>' },
      }),
      get('what is gone', `${configMaps}/a`),
      create('one that is held', configMaps, configMap('h', {}, { finalizers: ['example.com/hold'] })),
      remove('it', `${configMaps}/h`),
      remove('it again', `${configMaps}/h`),
      create('it anew, while it goes', configMaps, configMap('h')),
      patch('merge', 'one more finalizer, too late', `${configMaps}/h`, {
        metadata: { finalizers: ['example.com/hold', 'example.com/more'] },
      }),
      patch('merge', 'a change, while it goes', `${configMaps}/h`, { data: { a: 'b' } }),
      patch('merge', 'letting go', `${configMaps}/h`, { metadata: { finalizers: null } }),
      get('what was let go', `${configMaps}/h`),
      watchSince('what was told', configMaps, '<v>'),
      create('x1', configMaps, configMap('x1', {}, { labels: { x: 'y' } })),
      create('x2', configMaps, configMap('x2', {}, { labels: { x: 'y' }, finalizers: ['example.com/hold'] })),
      create('x3', configMaps, configMap('x3', {}, { labels: { x: 'z' } })),
      remove('a collection as a dry run', `${configMaps}?labelSelector=x%3Dy&dryRun=All`, undefined, {
        show: withNames,
      }),
      remove('a collection by label', `${configMaps}?labelSelector=x%3Dy`, undefined, { show: withNames }),
      get('what is left', `${configMaps}?labelSelector=x`, { show: withNames }),
      remove('a collection by a bad label', `${configMaps}?labelSelector=x%3D%3D%3Dy`),
      remove('all of a kind in all namespaces', '/api/v1/configmaps?labelSelector=nobody%3Dhas'),
      patch('merge', 'letting x2 go', `${configMaps}/x2`, { metadata: { finalizers: [] } }),
    ],
  },
];

interface List {
  items?: { metadata: { name: string } }[];
}

/** A list without what the namespace's controllers put there. */
function withItems(list: List): object {
  return { ...list, items: list.items?.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt') };
}

function withNames(list: List): object {
  return {
    ...list,
    items: list.items?.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt'),
  };
}
