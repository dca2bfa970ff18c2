import { type Story, create, get, patch, remove, replace, watchSince } from '../story.ts';
import { configMap, configMaps, pod, pods, services } from './paths.ts';

const a = `${configMaps}/a`;
const applied = (data: object, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...more },
  data,
});

/** Patches of all four types, and who owns what after them. */
export const patches: readonly Story[] = [
  {
    name: 'json-patch',
    steps: [
      create('a', configMaps, configMap('a', { k: '1', l: '2' })),
      patch('json', 'add', a, [{ op: 'add', path: '/data/m', value: '3' }]),
      patch('json', 'a test that holds, then replace', a, [
        { op: 'test', path: '/data/k', value: '1' },
        { op: 'replace', path: '/data/k', value: '9' },
      ]),
      patch('json', 'a test that fails', a, [{ op: 'test', path: '/data/k', value: '1' }]),
      patch('json', 'a test of what is not there', a, [{ op: 'test', path: '/data/nope', value: '1' }]),
      patch('json', 'remove', a, [{ op: 'remove', path: '/data/l' }]),
      patch('json', 'remove what is not there', a, [{ op: 'remove', path: '/data/l' }]),
      patch('json', 'replace what is not there', a, [{ op: 'replace', path: '/data/l', value: '1' }]),
      patch('json', 'add under what is not there', a, [{ op: 'add', path: '/nope/l', value: '1' }]),
      patch('json', 'copy and move', a, [
        { op: 'copy', from: '/data/k', path: '/data/c' },
        { op: 'move', from: '/data/m', path: '/data/n' },
      ]),
      patch('json', 'an unknown operation', a, [{ op: 'nope', path: '/data/k' }]),
      patch('json', 'without a path', a, [{ op: 'add', value: '1' }]),
      patch('json', 'an object', a, { data: {} }),
      patch('json', 'broken JSON', a, '[{'),
      patch('json', 'of what is not there', `${configMaps}/nope`, []),
      patch('json', 'nothing', a, []),
      patch('json', 'a slash in a key', a, [
        { op: 'add', path: '/metadata/annotations', value: { 'a.b/c': 'd' } },
        { op: 'replace', path: '/metadata/annotations/a.b~1c', value: 'e' },
      ]),
      patch('json', 'into a wrong type', a, [{ op: 'replace', path: '/data/k', value: 5 }]),
      patch(
        'json',
        'too many operations',
        a,
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/k', value: '9' })),
      ),
    ],
  },
  {
    name: 'merge-patch',
    steps: [
      create('a', configMaps, configMap('a', { k: '1', l: '2' }), { save: { v: 'metadata.resourceVersion' } }),
      patch('merge', 'set and delete', a, { data: { k: null, m: '3' } }),
      patch('merge', 'nothing', a, {}),
      patch('merge', 'with an old version', a, { metadata: { resourceVersion: '<v>' }, data: { z: '1' } }),
      patch('merge', 'a list', a, []),
      patch('merge', 'null', a, 'null'),
      patch('merge', 'broken JSON', a, '{'),
      patch('merge', 'an invalid result', a, { data: { 'a/b': 'c' } }),
      patch('merge', 'a wrong type', a, { data: { a: {} } }),
      patch('merge', 'of what is not there', `${configMaps}/nope`, { data: {} }),
      patch('merge', 'as a dry run', `${a}?dryRun=All`, { data: { dry: '1' } }),
      patch('merge', 'with an unknown type of body', a, { data: {} }, { type: 'application/json' }),
      patch('merge', 'with force', `${a}?force=true`, { data: {} }),
      watchSince('what was told', configMaps, '<v>'),
    ],
  },
  {
    name: 'strategic-patch',
    managedFields: true,
    steps: [
      create(
        'p',
        pods,
        pod('p', {
          containers: [
            { name: 'a', image: 'x', env: [{ name: 'A', value: '1' }] },
            { name: 'b', image: 'y' },
          ],
        }),
      ),
      patch('strategic', 'one container by its name', `${pods}/p`, {
        spec: { containers: [{ name: 'b', image: 'z' }] },
      }),
      patch('strategic', 'a label', `${pods}/p`, { metadata: { labels: { a: 'b' } } }),
      patch('strategic', 'a list replaced', `${pods}/p`, { metadata: { finalizers: ['example.com/a'] } }),
      patch('strategic', 'a list merged', `${pods}/p`, { metadata: { finalizers: ['example.com/b'] } }),
      patch('strategic', 'an element taken from a list', `${pods}/p`, {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a', 'example.com/b'] },
      }),
      patch('strategic', 'an unknown directive', `${pods}/p`, { spec: { $patch: 'nope' } }),
      patch('strategic', 'what may not change', `${pods}/p`, { spec: { containers: [{ name: 'b', command: ['x'] }] } }),
      patch('strategic', 'an element without its key', `${pods}/p`, { spec: { containers: [{ image: 'z' }] } }),
      patch('strategic', 'conditions', `${pods}/p/status`, {
        status: { conditions: [{ type: 'Ready', status: 'False', reason: 'X' }] },
      }),
      patch('strategic', 'one more condition', `${pods}/p/status`, {
        status: { conditions: [{ type: 'Initialized', status: 'True' }], phase: 'Running' },
      }),
      create('s', services, {
        metadata: { name: 's' },
        spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] },
      }),
      patch('strategic', 'one more port', `${services}/s`, { spec: { ports: [{ name: 'https', port: 443 }] } }),
      patch('strategic', 'one port less', `${services}/s`, { spec: { ports: [{ port: 80, $patch: 'delete' }] } }),
      remove('p', `${pods}/p`),
    ],
  },
  {
    name: 'apply',
    managedFields: true,
    steps: [
      patch('apply', 'anew', `${a}?fieldManager=one`, applied({ k: '1' })),
      patch('apply', 'the same again', `${a}?fieldManager=one`, applied({ k: '1' })),
      patch('apply', 'without a manager', a, applied({ k: '1' })),
      patch('apply', 'by another, the same value', `${a}?fieldManager=two`, applied({ k: '1' })),
      patch('apply', 'by another, another value', `${a}?fieldManager=two`, applied({ k: '2' })),
      patch('apply', 'by another, by force', `${a}?fieldManager=two&force=true`, applied({ k: '2', l: '3' })),
      patch('apply', 'by the first, without what it had', `${a}?fieldManager=one`, applied({ m: '4' })),
      patch('merge', 'a merge patch of an applied field', `${a}?fieldManager=three`, { data: { m: '5' } }),
      patch('apply', 'against the patch', `${a}?fieldManager=one`, applied({ m: '4' })),
      patch('apply', 'against another, more than one field', `${a}?fieldManager=one`, applied({ k: '4', l: '9' })),
      patch('apply', 'nothing any more', `${a}?fieldManager=one`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
      }),
      patch(
        'apply',
        'as YAML',
        `${a}?fieldManager=yaml`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  z: "1"\n',
      ),
      patch('apply', 'without a name', `${a}?fieldManager=yaml`, { apiVersion: 'v1', kind: 'ConfigMap' }),
      patch('apply', 'with no kind', `${a}?fieldManager=one`, { metadata: { name: 'a' } }),
      patch('apply', 'another name', `${a}?fieldManager=one`, applied({}, { name: 'b' })),
      patch(
        'apply',
        'with managed fields',
        `${a}?fieldManager=one`,
        applied({}, { managedFields: [{ manager: 'x' }] }),
      ),
      patch('apply', 'with an old version', `${a}?fieldManager=one`, applied({}, { resourceVersion: '1' })),
      patch('apply', 'an invalid object', `${configMaps}/Bad_Name?fieldManager=one`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'Bad_Name' },
        data: { 'a/b': 'c' },
      }),
      patch('apply', 'as a dry run', `${configMaps}/dry?fieldManager=one&dryRun=All`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'dry' },
      }),
      patch('apply', 'a wrong type', `${a}?fieldManager=one`, applied({ k: 5 })),
      patch('apply', 'with a uid, of what is not there', `${configMaps}/q?fieldManager=one`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'q', uid: 'x' },
      }),
      patch('merge', 'managed fields taken away', a, { metadata: { managedFields: [{}] } }),
      patch('apply', 'after that', `${a}?fieldManager=four`, applied({ k: '7' })),
    ],
  },
  {
    name: 'managed-fields',
    managedFields: true,
    steps: [
      create(
        'by creation',
        `${pods}?fieldManager=creator`,
        pod(
          'p',
          { containers: [{ name: 'a', image: 'x', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] }] },
          { labels: { a: 'b' } },
        ),
      ),
      patch('merge', 'by a status patch', `${pods}/p/status?fieldManager=kubelet`, {
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }),
      patch('strategic', 'by an image', `${pods}/p?fieldManager=other`, {
        spec: { containers: [{ name: 'a', image: 'y' }] },
      }),
      patch('apply', 'a label by apply', `${pods}/p?fieldManager=applier`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', labels: { c: 'd' } },
      }),
      patch('apply', 'its image by apply', `${pods}/p?fieldManager=applier`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'a', image: 'z' }] },
      }),
      patch('apply', 'its image by force', `${pods}/p?fieldManager=applier&force=true`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'a', image: 'z' }] },
      }),
      patch('apply', 'its status by apply', `${pods}/p/status?fieldManager=applier&force=true`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        status: { conditions: [{ type: 'Mine', status: 'True' }] },
      }),
      get('in the end', `${pods}/p`),
      replace('by replacement', `${configMaps}/none`, configMap('none', { a: 'b' })),
      remove('it', `${pods}/p`),
    ],
  },
];
