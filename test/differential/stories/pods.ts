import { type Story, asTable, columns, create, get, patch, remove } from '../story.ts';
import { pod, pods } from './paths.ts';

/** What Pods have of their own. */
export const podStories: readonly Story[] = [
  {
    name: 'pods',
    steps: [
      create('plain', pods, pod('a')),
      create(
        'with much',
        pods,
        pod('b', {
          containers: [
            {
              name: 'a',
              image: 'x:1',
              ports: [{ containerPort: 80 }],
              resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
              env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
              readinessProbe: { httpGet: { port: 80 } },
              livenessProbe: { exec: { command: ['x'] } },
              lifecycle: { preStop: { exec: { command: ['x'] } } },
            },
          ],
          initContainers: [{ name: 'i', image: 'y' }],
          volumes: [
            { name: 'v' },
            { name: 'c', configMap: { name: 'c' } },
            { name: 's', secret: { secretName: 's' } },
            {
              name: 'p',
              projected: {
                sources: [
                  { serviceAccountToken: { path: 't' } },
                  { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
                ],
              },
            },
          ],
        }),
      ),
      create('without containers', pods, { metadata: { name: 'x' }, spec: {} }),
      create('without an image', pods, pod('x', { containers: [{ name: 'a' }] })),
      create('with a bad container name', pods, pod('x', { containers: [{ name: 'A_', image: 'x' }] })),
      create(
        'with a name twice',
        pods,
        pod('x', {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'a', image: 'x' },
          ],
        }),
      ),
      create(
        'with bad fields',
        pods,
        pod('x', { restartPolicy: 'Nope', dnsPolicy: 'Nope', terminationGracePeriodSeconds: -1 }),
      ),
      create(
        'with bad resources',
        pods,
        pod('x', {
          containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }],
        }),
      ),
      create(
        'with a bad quantity',
        pods,
        pod('x', { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: 'much' } } }] }),
      ),
      create(
        'with an unknown volume mounted',
        pods,
        pod('x', { containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
      ),
      create(
        'with a bad port',
        pods,
        pod('x', { containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 0 }] }] }),
      ),
      create(
        'with a bad variable',
        pods,
        pod('x', { containers: [{ name: 'a', image: 'x', env: [{ name: '', value: '1' }] }] }),
      ),
      create(
        'with two probes',
        pods,
        pod('x', {
          containers: [{ name: 'a', image: 'x', readinessProbe: { exec: { command: ['x'] }, httpGet: { port: 80 } } }],
        }),
      ),
      create('with no probe', pods, pod('x', { containers: [{ name: 'a', image: 'x', readinessProbe: {} }] })),
      patch('merge', 'a new image', `${pods}/a`, { spec: { containers: [{ name: 'a', image: 'b' }] } }),
      patch('merge', 'another command', `${pods}/a`, {
        spec: { containers: [{ name: 'a', image: 'b', command: ['c'] }] },
      }),
      patch('merge', 'one more container', `${pods}/a`, {
        spec: {
          containers: [
            { name: 'a', image: 'b' },
            { name: 'b', image: 'b' },
          ],
        },
      }),
      patch('merge', 'a node', `${pods}/a`, { spec: { nodeName: 'n' } }),
      create('to a node', `${pods}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { apiVersion: 'v1', kind: 'Node', name: 'n' },
      }),
      create('to a node again', `${pods}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { apiVersion: 'v1', kind: 'Node', name: 'm' },
      }),
      create('to no node', `${pods}/b/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'b' },
        target: {},
      }),
      create('what is not there to a node', `${pods}/nope/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'nope' },
        target: { kind: 'Node', name: 'm' },
      }),
      get('bound', `${pods}/a`),
      patch('merge', 'its status', `${pods}/a/status`, {
        status: {
          phase: 'Running',
          podIP: '10.0.0.1',
          podIPs: [{ ip: '10.0.0.1' }],
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [
            {
              name: 'a',
              ready: true,
              restartCount: 0,
              image: 'b',
              imageID: 'i',
              state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
            },
          ],
        },
      }),
      patch('merge', 'its spec by its status', `${pods}/a/status`, {
        spec: { hostname: 'x' },
        metadata: { labels: { a: 'b' } },
      }),
      get('as a table', `${pods}/a`, { accept: asTable, show: columns }),
      get('its status', `${pods}/a/status`, { show: ({ kind }: { kind: string }) => kind }),
      create('evicted', `${pods}/b/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'b' } }),
      create('evicted, gone already', `${pods}/b/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'b' },
      }),
      remove('a running one', `${pods}/a`),
      remove('again, sooner', `${pods}/a`, { gracePeriodSeconds: 5 }),
      remove('by force', `${pods}/a?gracePeriodSeconds=0`),
      get('gone', `${pods}/a`),
      get('log of none', `${pods}/nope/log`),
      create('unscheduled', pods, pod('u', { schedulingGates: [{ name: 'example.com/gate' }] })),
    ],
  },
];
