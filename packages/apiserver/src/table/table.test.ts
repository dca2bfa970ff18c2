import type { KubernetesObject, PrinterColumn } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { resourceWith, widget } from '../../test/widget-crd.ts';
import { humanDuration } from './age.ts';
import { toTable } from './table.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString().replace('.000', '');
const options = { now, includeObject: 'None', list: { resourceVersion: '7' } } as const;

type Table = { columnDefinitions: { name: string; priority: number }[]; rows: { cells: unknown[]; object: unknown }[] };

const [minute, hour, day] = [60, 3600, 86_400];

test.each([
  [-5, '<invalid>'],
  [-1.5, '0s'],
  [0, '0s'],
  [5, '5s'],
  [119, '119s'],
  [120, '2m'],
  [192, '3m12s'],
  [10 * minute + 59, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 5 * minute, '3h5m'],
  [8 * hour + 5 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [5 * day + 3 * hour, '5d3h'],
  [30 * day + 3 * hour, '30d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [800 * day, '2y70d'],
  [9 * 365 * day, '9y'],
])('%d seconds are shown as %s', (seconds, text) => {
  expect(humanDuration(seconds * 1000)).toBe(text);
});

function cellsOf(kind: string, fields: object): Record<string, unknown> {
  const info = builtinResources().find((resource) => resource.kind === kind)!;
  const object = { metadata: { name: 'x', creationTimestamp: ago(5) }, ...fields };
  const table = toTable(info, [object as KubernetesObject], options) as Table;
  return Object.fromEntries(table.columnDefinitions.map(({ name }, index) => [name, table.rows[0]!.cells[index]]));
}

const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string) => ({ ...running, ready: false, state: { waiting: { reason } } });
const ended = (terminated: object) => ({ ...running, ready: false, state: { terminated } });
const ready = [{ type: 'Ready', status: 'True' }];

test.each<[status: string, ready: string, pod: object]>([
  ['Running', '1/1', { phase: 'Running', containerStatuses: [running] }],
  ['Pending', '0/1', { phase: 'Pending' }],
  ['Evicted', '0/1', { phase: 'Failed', reason: 'Evicted' }],
  ['CrashLoopBackOff', '0/1', { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] }],
  ['ContainerCreating', '0/1', { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] }],
  ['Completed', '0/1', { phase: 'Succeeded', containerStatuses: [ended({ exitCode: 0, reason: 'Completed' })] }],
  ['Error', '0/1', { phase: 'Failed', containerStatuses: [ended({ exitCode: 1, reason: 'Error' })] }],
  ['ExitCode:3', '0/1', { phase: 'Failed', containerStatuses: [ended({ exitCode: 3 })] }],
  ['Signal:9', '0/1', { phase: 'Failed', containerStatuses: [ended({ exitCode: 137, signal: 9 })] }],
  [
    'Running',
    '1/1',
    { phase: 'Running', conditions: ready, containerStatuses: [ended({ exitCode: 0, reason: 'Completed' }), running] },
  ],
  ['NotReady', '1/1', { phase: 'Running', containerStatuses: [ended({ exitCode: 0, reason: 'Completed' }), running] }],
  ['Init:0/1', '0/1', { phase: 'Pending', initContainerStatuses: [{ state: { running: {} } }] }],
  ['Init:Error', '0/1', { phase: 'Pending', initContainerStatuses: [ended({ exitCode: 1, reason: 'Error' })] }],
  ['Init:ImagePullBackOff', '0/1', { phase: 'Pending', initContainerStatuses: [waiting('ImagePullBackOff')] }],
  [
    'SchedulingGated',
    '0/1',
    { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
  ],
])('a pod is shown as %s, %s ready', (text, readyText, status) => {
  const spec = { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] };
  expect(cellsOf('Pod', { spec, status })).toMatchObject({ Status: text, Ready: readyText });
});

test('a pod being deleted is terminating', () => {
  const metadata = { name: 'x', deletionTimestamp: ago(1) };
  expect(cellsOf('Pod', { metadata, status: { phase: 'Running', containerStatuses: [running] } })).toMatchObject({
    Status: 'Terminating',
  });
});

test('restarts are counted, and how long ago the last one was', () => {
  const restarted = { ...running, restartCount: 2, lastState: { terminated: { finishedAt: ago(300) } } };
  expect(cellsOf('Pod', { status: { containerStatuses: [running, restarted] } })).toMatchObject({
    Restarts: '2 (5m ago)',
  });
  const initContainerStatuses = [{ ...restarted, name: 'i', state: { waiting: { reason: 'CrashLoopBackOff' } } }];
  expect(cellsOf('Pod', { status: { initContainerStatuses, containerStatuses: [{ name: 'c' }] } })).toMatchObject({
    Status: 'Init:CrashLoopBackOff',
    Restarts: '2 (5m ago)',
  });
});

test('init containers that go on running are counted with the others', () => {
  const spec = { initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }], containers: [{ name: 'c' }] };
  const initContainerStatuses = [
    { ...ended({ exitCode: 0 }), name: 'i', restartCount: 7 },
    { ...running, name: 's', started: true, restartCount: 2 },
  ];
  const status = { phase: 'Running', initContainerStatuses, containerStatuses: [{ ...running, restartCount: 1 }] };
  expect(cellsOf('Pod', { spec, status })).toMatchObject({ Ready: '2/2', Status: 'Running', Restarts: '3' });
});

test.each<[kind: string, fields: object, cells: object]>([
  [
    'Node',
    {
      spec: { unschedulable: true },
      status: { conditions: ready },
      metadata: { name: 'x', labels: { 'node-role.kubernetes.io/agent': '' } },
    },
    { Status: 'Ready,SchedulingDisabled', Roles: 'agent', 'Internal-IP': '<none>' },
  ],
  ['Node', {}, { Status: 'Unknown', Roles: '<none>', Age: '5s' }],
  [
    'Service',
    {
      spec: {
        type: 'ClusterIP',
        ports: [
          { port: 80, protocol: 'TCP' },
          { port: 443, nodePort: 30_443, protocol: 'TCP' },
        ],
        selector: { b: '2', a: '1' },
      },
    },
    { 'Cluster-IP': '<none>', 'External-IP': '<none>', 'Port(s)': '80/TCP,443:30443/TCP', Selector: 'a=1,b=2' },
  ],
  ['Service', { spec: { type: 'LoadBalancer' } }, { 'External-IP': '<pending>' }],
  ['Service', { spec: { type: 'ExternalName', externalName: 'a.b' } }, { 'External-IP': 'a.b' }],
  ['ConfigMap', { data: { a: '', b: '' }, binaryData: { c: '' } }, { Data: 3 }],
  ['Secret', { type: 'Opaque', data: { a: '' } }, { Type: 'Opaque', Data: 1 }],
  [
    'Event',
    {
      type: 'Normal',
      reason: 'Up',
      involvedObject: { kind: 'Pod', name: 'p' },
      message: 'is up\n',
      lastTimestamp: ago(10),
      count: 3,
    },
    { 'Last Seen': '10s', Object: 'pod/p', Message: 'is up', Count: '3' },
  ],
  ['Event', { eventTime: ago(10) }, { 'Last Seen': '10s', Count: '1' }],
  [
    'Endpoints',
    { subsets: [{ addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }], ports: [{ port: 1 }, { port: 2 }] }] },
    { Endpoints: '1.1.1.1:1,1.1.1.2:1,1.1.1.1:2 + 1 more...' },
  ],
  ['EndpointSlice', { addressType: 'IPv4' }, { AddressType: 'IPv4', Ports: '<unset>', Endpoints: '<unset>' }],
  ['Lease', { spec: { holderIdentity: 'me' } }, { Holder: 'me', Age: '5s' }],
  ['CustomResourceDefinition', {}, { Name: 'x', 'Created At': ago(5) }],
  [
    'PersistentVolumeClaim',
    { status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } },
    { Status: 'Bound', Capacity: '1Gi', 'Access Modes': 'RWO' },
  ],
  [
    'PodDisruptionBudget',
    { spec: { minAvailable: '50%' } },
    { 'Min Available': '50%', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 0 },
  ],
  [
    'HorizontalPodAutoscaler',
    {
      spec: {
        scaleTargetRef: { kind: 'PodAutoscaler', name: 'w' },
        maxReplicas: 3,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
      },
    },
    { Reference: 'PodAutoscaler/w', Targets: 'cpu: <unknown>/70%', MinPods: '1', MaxPods: 3, Replicas: 0 },
  ],
  ['LimitRange', {}, { Name: 'x' }],
  ['ResourceQuota', {}, { Name: 'x', Age: '5s' }],
])('a %s with %j shows %j', (kind, fields, cells) => {
  expect(cellsOf(kind, fields)).toMatchObject(cells);
});

test.each<[column: Partial<PrinterColumn>, object: object, cell: unknown]>([
  [
    { jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { status: { conditions: [{ type: 'A', status: 'x' }, ...ready] } },
    'True',
  ],
  [
    { jsonPath: ".metadata.labels['serving\\.knative\\.dev/configuration']" },
    { metadata: { labels: { 'serving.knative.dev/configuration': 'c' } } },
    'c',
  ],
  [{ jsonPath: '.a' }, {}, null],
  [{ jsonPath: '.a' }, { a: { b: 1 } }, '{"b":1}'],
  [{ jsonPath: '.a' }, { a: true }, 'true'],
  [{ jsonPath: '.a', type: 'integer' }, { a: 3.5 }, 3],
  [{ jsonPath: '.a', type: 'integer' }, { a: 'x' }, null],
  [{ jsonPath: '.a', type: 'boolean' }, { a: false }, false],
  [{ jsonPath: '.a', type: 'date' }, { a: ago(192) }, '3m12s'],
  [{ jsonPath: '.a', type: 'date' }, { a: 'noon' }, '<invalid>'],
  [{ jsonPath: '.a[' }, { a: 1 }, null],
])('column %j of %j is %j', (column, object, cell) => {
  const columns = [{ name: 'C', type: 'string', jsonPath: '', ...column }];
  const table = toTable({ ...resourceWith({}), columns }, [widget(object)], options) as Table;
  expect(table.rows[0]!.cells[1]).toEqual(cell);
});

test('a table tells its columns, and each row the object it is of', () => {
  const table = toTable(resourceWith({}), [widget({})], { ...options, includeObject: 'Metadata' });
  expect(table).toMatchObject({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '7' },
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Age', type: 'date' },
    ],
    rows: [{ object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'w' } } }],
  });
  expect(table).not.toHaveProperty('columnDefinitions.0.cell');
  expect(toTable(resourceWith({}), [widget({ a: 1 })], { ...options, includeObject: 'Object' })).toHaveProperty(
    'rows[0].object.a',
    1,
  );
});

test('no object of any shape breaks a table', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...builtinResources()),
      fc.dictionary(fc.constantFrom('spec', 'status', 'metadata', 'subsets', 'ports'), fc.jsonValue()),
      (info, object) => {
        expect(toTable(info, [object as unknown as KubernetesObject], options)).toHaveProperty('rows');
      },
    ),
  );
});
