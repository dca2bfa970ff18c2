import { type Story, asTable, create, get, patch, remove, watchSince } from '../story.ts';
import { configMap, configMaps, core, pod, pods } from './paths.ts';

interface List {
  items?: { metadata: { name: string } }[];
}

/** A list with the names of its objects in place of them, without what the namespace's controllers put there. */
const names = (list: List): object =>
  list.items
    ? { ...list, items: list.items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt') }
    : list;

interface Event {
  type: string;
  object: { metadata?: { name: string; labels?: object; annotations?: object; resourceVersion: string } };
}

/** Of each event its type and what tells its object. */
const events = (all: Event[]): unknown[] =>
  Array.isArray(all)
    ? all.map(({ type, object }) =>
        type === 'ERROR'
          ? { type, object }
          : {
              type,
              name: object.metadata?.name,
              labels: object.metadata?.labels,
              annotations: object.metadata?.annotations,
            },
      )
    : [all];

const mine = 'labelSelector=story';
const labelled = (name: string, labels: object = {}): object =>
  configMap(name, {}, { labels: { story: 's', ...labels } });

/** Lists, selectors and watches. */
export const reading: readonly Story[] = [
  {
    name: 'list',
    steps: [
      get('nothing', `${configMaps}?${mine}`),
      ...['a', 'b', 'c', 'd', 'e'].map((name) =>
        create(name, configMaps, labelled(name, { name }), {
          save: { [name]: 'metadata.resourceVersion' },
          show: () => name,
        }),
      ),
      get('all', `${configMaps}?${mine}`, { show: names }),
      get('in full', `${configMaps}?labelSelector=name%3Da`),
      get('as a table', `${configMaps}?labelSelector=name%3Da`, { accept: asTable }),
      get('a page', `${configMaps}?limit=2&fieldSelector=metadata.name!%3Dkube-root-ca.crt`, {
        save: { token: 'metadata.continue' },
        show: names,
      }),
      get('the next page', `${configMaps}?limit=2&continue=<token>&fieldSelector=metadata.name!%3Dkube-root-ca.crt`, {
        save: { token2: 'metadata.continue' },
        show: names,
      }),
      get('the last page', `${configMaps}?limit=2&continue=<token2>&fieldSelector=metadata.name!%3Dkube-root-ca.crt`, {
        show: names,
      }),
      get('a page with a version', `${configMaps}?limit=2&continue=<token>&resourceVersion=5`),
      get('a page with a bad token', `${configMaps}?limit=2&continue=nope`),
      get('a page of a bad size', `${configMaps}?limit=x`),
      get('of version 0', `${configMaps}?${mine}&resourceVersion=0`, { show: names }),
      get('not older than', `${configMaps}?${mine}&resourceVersion=<e>&resourceVersionMatch=NotOlderThan`, {
        show: names,
      }),
      get('exactly', `${configMaps}?${mine}&resourceVersion=<e>&resourceVersionMatch=Exact`, { show: names }),
      get('of a version far off', `${configMaps}?resourceVersion=999999999`, {
        show: ({ reason }: { reason: string }) => reason,
      }),
      get('of no version', `${configMaps}?resourceVersion=x`),
      get('with a match and no version', `${configMaps}?resourceVersionMatch=Exact`),
      get('with an unknown match', `${configMaps}?resourceVersion=5&resourceVersionMatch=Nope`),
      get('exactly version 0', `${configMaps}?resourceVersion=0&resourceVersionMatch=Exact`),
      get('with a match and a token', `${configMaps}?continue=<token>&resourceVersion=5&resourceVersionMatch=Exact`),
      get('with initial events', `${configMaps}?sendInitialEvents=true`),
      get('of no namespace there is', '/api/v1/namespaces/no-such-<ns>/configmaps'),
      get('of an unknown resource', '/api/v1/namespaces/<ns>/nopes'),
    ],
  },
  {
    name: 'selectors',
    steps: [
      create('a', configMaps, labelled('a', { tier: 'web', n: '1' }), { show: () => 'a' }),
      create('b', configMaps, labelled('b', { tier: 'db', n: '2' }), { show: () => 'b' }),
      create('c', configMaps, labelled('c', { n: '' }), { show: () => 'c' }),
      ...[
        'tier=web',
        'tier==web',
        'tier!=web',
        'tier in (web,db)',
        'tier notin (web)',
        'tier',
        '!tier',
        'n>1',
        'n<2',
        'tier=web,n=1',
        'n=',
        'n',
        'tier in ()',
        'tier=',
        ' tier = web ',
        'tier in (web, db),n!=2',
        'a b',
        'tier=web=x',
        'tier in web',
        '=x',
        'tier>',
        ',',
        'tier=w b',
        'tier in (',
        '!',
        'n>x',
        'x/y/z=1',
        `k=${'v'.repeat(64)}`,
      ].map((selector) =>
        get(`labels: ${selector}`, `${configMaps}?labelSelector=${encodeURIComponent(`story,${selector}`)}`, {
          show: names,
        }),
      ),
      ...[
        'metadata.name=a',
        'metadata.name==a',
        'metadata.name!=a,metadata.name!=kube-root-ca.crt',
        'metadata.namespace=nope',
        'metadata.name=a,metadata.name=b',
        'metadata.nope=a',
        'data.k=v',
        'metadata.name',
        'metadata.name=',
        '=a',
        'metadata.name=a\\,b',
        'metadata.name>a',
      ].map((selector) =>
        get(`fields: ${selector}`, `${configMaps}?labelSelector=story&fieldSelector=${encodeURIComponent(selector)}`, {
          show: names,
        }),
      ),
      create('p', pods, pod('p', { restartPolicy: 'Never' }), { show: () => 'p' }),
      ...[
        'spec.restartPolicy=Never',
        'spec.nodeName=',
        'status.phase=Pending',
        'status.phase!=Pending',
        'spec.nope=x',
        'spec.hostNetwork=false',
        'spec.serviceAccountName=default',
      ].map((selector) =>
        get(`pods: ${selector}`, `${pods}?fieldSelector=${encodeURIComponent(selector)}`, { show: names }),
      ),
      get('secrets: type', `${core('secrets')}?fieldSelector=type%3DOpaque`, { show: names }),
      get('services: clusterIP', `${core('services')}?fieldSelector=spec.clusterIP%3DNone`, { show: names }),
      get('services: unknown', `${core('services')}?fieldSelector=spec.nope%3DNone`, { show: names }),
      get('events: reason', `${core('events')}?fieldSelector=reason%3DNope,involvedObject.kind%3DPod`, { show: names }),
      get('events: unknown', `${core('events')}?fieldSelector=nope%3DNope`, { show: names }),
      get('nodes: unschedulable', '/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue', { show: names }),
      get('namespaces: phase', '/api/v1/namespaces?fieldSelector=status.phase%3DTerminating,metadata.name%3Dx', {
        show: names,
      }),
    ],
  },
  {
    name: 'watch',
    steps: [
      create('a', configMaps, labelled('a', { in: 'yes' }), {
        save: { v: 'metadata.resourceVersion' },
        show: () => 'a',
      }),
      create('b', configMaps, labelled('b'), { show: () => 'b' }),
      patch('merge', 'b enters', `${configMaps}/b`, { metadata: { labels: { in: 'yes' } } }, { show: () => '' }),
      patch('merge', 'a changes', `${configMaps}/a`, { data: { k: 'v' } }, { show: () => '' }),
      patch('merge', 'a changes not', `${configMaps}/a`, { data: { k: 'v' } }, { show: () => '' }),
      patch('merge', 'a leaves', `${configMaps}/a`, { metadata: { labels: { in: 'no' } } }, { show: () => '' }),
      patch('merge', 'b changes outside', `${configMaps}/a`, { data: { k: 'w' } }, { show: () => '' }),
      remove('b', `${configMaps}/b`, undefined, { show: () => '' }),
      remove('a', `${configMaps}/a`, undefined, { show: () => '' }),
      create('c', configMaps, labelled('c'), { show: () => '', save: { c: 'metadata.resourceVersion' } }),
      watchSince('all', configMaps, '<v>', `&${mine}`),
      watchSince('those in', configMaps, '<v>', '&labelSelector=in%3Dyes'),
      watchSince('one by its name', configMaps, '<v>', '&fieldSelector=metadata.name%3Da'),
      watchSince('one by its path', `${configMaps}/b`, '<v>'),
      get(
        'the old path of watches',
        '/api/v1/watch/namespaces/<ns>/configmaps?timeoutSeconds=1&labelSelector=story&watch=1',
        { show: events },
      ),
      get('what is there', `${configMaps}?watch=1&timeoutSeconds=1&${mine}`, { show: events }),
      get('from version 0', `${configMaps}?watch=1&timeoutSeconds=1&resourceVersion=0&${mine}`, { show: events }),
      get(
        'with initial events',
        `${configMaps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&${mine}`,
        { show: events },
      ),
      get(
        'without initial events',
        `${configMaps}?watch=1&timeoutSeconds=1&sendInitialEvents=false&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&${mine}`,
        { show: events },
      ),
      get('with initial events and no match', `${configMaps}?watch=1&timeoutSeconds=1&sendInitialEvents=true`),
      get(
        'with initial events and an exact match',
        `${configMaps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=Exact`,
      ),
      get(
        'with initial events and no bookmarks',
        `${configMaps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&${mine}`,
        { show: events },
      ),
      get('with a match', `${configMaps}?watch=1&timeoutSeconds=1&resourceVersionMatch=NotOlderThan`),
      get('from no version', `${configMaps}?watch=1&timeoutSeconds=1&resourceVersion=x`),
      get('with a bad timeout', `${configMaps}?watch=1&timeoutSeconds=x`),
      get('with a bad selector', `${configMaps}?watch=1&timeoutSeconds=1&labelSelector=a%20b`),
      get('as a table', `${configMaps}?watch=1&timeoutSeconds=1&${mine}`, { accept: asTable }),
      get('as metadata', `${configMaps}?watch=1&timeoutSeconds=1&${mine}`, {
        accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      }),
      get('as YAML', `${configMaps}?watch=1&timeoutSeconds=1&${mine}`, { accept: 'application/yaml', show: () => '' }),
      get('of an unknown resource', '/api/v1/namespaces/<ns>/nopes?watch=1&timeoutSeconds=1'),
      get('of what is not there', `${configMaps}/nope?watch=1&timeoutSeconds=1`),
    ],
  },
];
