import { type Story, asTable, columns, create, get, patch, remove, replace } from '../story.ts';
import { configMap, configMaps, core, inGroup, pod, pods } from './paths.ts';

const leases = inGroup('coordination.k8s.io/v1', 'leases');

/** A pod `x` whose container asks for that. */
const asking = (resources: object, spec: object = {}): object =>
  pod('x', { containers: [{ name: 'a', image: 'x', resources }], ...spec });
const claim = (storage: string): object => ({
  metadata: { name: 'x' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});

/** What a write leads to elsewhere (quotas, namespaces, owners), and the kinds that belong to a whole cluster. */
export const consequences: readonly Story[] = [
  {
    name: 'claims-quotas-budgets',
    steps: [
      create('a claim', core('persistentvolumeclaims'), {
        metadata: { name: 'c' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }),
      create('a bad claim', core('persistentvolumeclaims'), { metadata: { name: 'x' }, spec: {} }),
      patch('merge', 'a claim made smaller', `${core('persistentvolumeclaims')}/c`, {
        spec: { resources: { requests: { storage: '1Mi' } } },
      }),
      get('claims as a table', core('persistentvolumeclaims'), { accept: asTable, show: columns }),
      create('a quota', core('resourcequotas'), {
        metadata: { name: 'q' },
        spec: { hard: { pods: '1', 'requests.cpu': '1', configmaps: '3', 'count/leases.coordination.k8s.io': '1' } },
      }),
      patch(
        'merge',
        'its status, as its controller would',
        `${core('resourcequotas')}/q/status`,
        {
          status: {
            hard: { pods: '1', 'requests.cpu': '1', configmaps: '3', 'count/leases.coordination.k8s.io': '1' },
            used: { pods: '0', 'requests.cpu': '0', configmaps: '0', 'count/leases.coordination.k8s.io': '0' },
          },
        },
        { show: ({ status }: { status: object }) => status },
      ),
      // Admission learns of quotas and of their status in its own time.
      create(
        'a pod that asks for too much',
        `${pods}?dryRun=All`,
        pod('x', { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '2' } } }] }),
        { until: /exceeded quota/ },
      ),
      create('a pod that asks for nothing', pods, pod('x')),
      create(
        'a pod',
        pods,
        pod('p', { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '100m' } } }] }),
        { show: ({ kind }: { kind: string }) => kind },
      ),
      create(
        'a pod too many',
        pods,
        pod('x', { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '100m' } } }] }),
      ),
      create('a lease', leases, { metadata: { name: 'l' } }, { show: ({ kind }: { kind: string }) => kind }),
      create('a lease too many', leases, { metadata: { name: 'm' } }),
      create('a disruption budget', inGroup('policy/v1', 'poddisruptionbudgets'), {
        metadata: { name: 'b' },
        spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
      }),
      create('a bad disruption budget', inGroup('policy/v1', 'poddisruptionbudgets'), {
        metadata: { name: 'x' },
        spec: { minAvailable: 1, maxUnavailable: 1 },
      }),
      create('a limit range', core('limitranges'), {
        metadata: { name: 'l' },
        spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '10m' } }] },
      }),
    ],
  },
  {
    name: 'limits',
    steps: [
      create('limits of containers, pods and claims', core('limitranges'), {
        metadata: { name: 'l' },
        spec: {
          limits: [
            {
              type: 'Container',
              max: { cpu: '1', memory: '1Gi' },
              min: { cpu: '50m' },
              default: { cpu: '500m' },
              maxLimitRequestRatio: { memory: '2' },
            },
            { type: 'Pod', max: { cpu: '1500m' }, min: { memory: '10Mi' } },
            { type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } },
          ],
        },
      }),
      // Admission learns of limits in its own time.
      create('a pod that may have too much', `${pods}?dryRun=All`, asking({ limits: { cpu: '2' } }), {
        until: /maximum/,
      }),
      create('a pod that asks for nothing', pods, pod('n')),
      create('a pod that asks for something', pods, {
        ...asking({ requests: { cpu: '60m' } }, { initContainers: [{ name: 'i', image: 'y' }] }),
        metadata: { name: 's' },
      }),
      create('a pod that asks for too little', pods, asking({ requests: { cpu: '10m' }, limits: { cpu: '20m' } })),
      create(
        'a pod that may have far more than it asks for',
        pods,
        asking({ requests: { memory: '100Mi' }, limits: { memory: '512Mi' } }),
      ),
      create(
        'a pod whose containers together may have too much',
        pods,
        pod('x', {
          containers: ['a', 'b', 'c'].map((name) => ({ name, image: 'x', resources: { limits: { cpu: '600m' } } })),
        }),
      ),
      create('a claim that is too large', core('persistentvolumeclaims'), claim('5Gi')),
      create('a claim that is too small', core('persistentvolumeclaims'), claim('1Mi')),
    ],
  },
  {
    name: 'namespaces',
    managedFields: true,
    steps: [
      create('one', '/api/v1/namespaces', { metadata: { name: '<ns>-one', labels: { a: 'b' } } }),
      create('with a bad name', '/api/v1/namespaces', { metadata: { name: 'a.b' } }),
      create(
        'something in it',
        '/api/v1/namespaces/<ns>-one/configmaps',
        configMap('a', {}, { finalizers: ['example.com/hold'] }),
        { show: () => '' },
      ),
      get('as a table', '/api/v1/namespaces/<ns>-one', { accept: asTable, show: columns }),
      patch(
        'merge',
        'its phase',
        '/api/v1/namespaces/<ns>-one/status',
        { status: { phase: 'Terminating' } },
        { show: ({ status }: { status: object }) => status },
      ),
      remove('one', '/api/v1/namespaces/<ns>-one', undefined, { show: withoutConditions }),
      create('something more in it', '/api/v1/namespaces/<ns>-one/configmaps', configMap('b')),
      patch(
        'merge',
        'letting the content go',
        '/api/v1/namespaces/<ns>-one/configmaps/a',
        { metadata: { finalizers: null } },
        { until: 200, show: () => '' },
      ),
      get('it gone', '/api/v1/namespaces/<ns>-one', { until: 404 }),
      remove('the default one', '/api/v1/namespaces/default'),
      remove('all', '/api/v1/namespaces'),
      replace(
        'finalizers of one',
        '/api/v1/namespaces/<ns>/finalize',
        { metadata: { name: '<ns>' }, spec: { finalizers: ['kubernetes', 'example.com/x'] } },
        { show: ({ spec }: { spec: object }) => spec },
      ),
      replace(
        'finalizers back',
        '/api/v1/namespaces/<ns>/finalize',
        { metadata: { name: '<ns>' }, spec: { finalizers: ['kubernetes'] } },
        { show: ({ spec }: { spec: object }) => spec },
      ),
    ],
  },
  {
    name: 'garbage',
    steps: [
      ...['Background', 'Foreground', 'Orphan'].flatMap((policy) => {
        const of = `o-${policy.toLowerCase()}`;
        const dependent = `d-${policy.toLowerCase()}`;
        return [
          create(`the owner, ${policy}`, configMaps, configMap(of), {
            save: { [of.replace('-', '')]: 'metadata.uid' },
            show: () => '',
          }),
          create(
            `the dependent, ${policy}`,
            configMaps,
            configMap(
              dependent,
              {},
              {
                ownerReferences: [
                  {
                    apiVersion: 'v1',
                    kind: 'ConfigMap',
                    name: of,
                    uid: `<${of.replace('-', '')}>`,
                    blockOwnerDeletion: true,
                  },
                ],
              },
            ),
          ),
          remove(`the owner goes, ${policy}`, `${configMaps}/${of}`, { propagationPolicy: policy }),
          get(`the owner gone, ${policy}`, `${configMaps}/${of}`, { until: 404 }),
          get(`the dependent, after ${policy}`, `${configMaps}/${dependent}`, {
            until: policy === 'Orphan' ? 200 : 404,
            show: ({ metadata }: { metadata: { ownerReferences?: unknown } }) => metadata.ownerReferences ?? 'no owner',
          }),
        ];
      }),
      create(
        'of an owner that never was',
        configMaps,
        configMap(
          'lost',
          {},
          { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'never' }] },
        ),
        { show: () => '' },
      ),
      get('what had no owner', `${configMaps}/lost`, { until: 404, show: ({ reason }: { reason: string }) => reason }),
    ],
  },
  {
    name: 'webhooks-and-nodes',
    steps: [
      create('a validating webhook', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
        metadata: { name: '<ns>' },
        webhooks: [
          {
            name: 'a.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            clientConfig: { service: { namespace: 'x', name: 'y' } },
            rules: [{ apiGroups: ['nope.example'], apiVersions: ['*'], resources: ['nopes'], operations: ['CREATE'] }],
          },
        ],
      }),
      create('a bad one', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
        metadata: { name: '<ns>-x' },
        webhooks: [{ name: 'a', clientConfig: {} }],
      }),
      create('a mutating webhook', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
        metadata: { name: '<ns>' },
        webhooks: [
          {
            name: 'a.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            clientConfig: { url: 'https://example.com/x' },
            rules: [{ apiGroups: ['nope.example'], apiVersions: ['*'], resources: ['nopes'], operations: ['CREATE'] }],
          },
        ],
      }),
      get('it as a table', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/<ns>', {
        accept: asTable,
        show: columns,
      }),
      remove('the validating one', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/<ns>'),
      remove('the mutating one', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/<ns>'),
      create(
        'a node',
        '/api/v1/nodes',
        { metadata: { name: '<ns>' }, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
        { show: ({ spec, status }: { spec: object; status: object }) => ({ spec, status }) },
      ),
      patch(
        'merge',
        'its status',
        '/api/v1/nodes/<ns>/status',
        {
          status: {
            capacity: { cpu: '4', pods: '1000' },
            conditions: [{ type: 'Ready', status: 'True' }],
            nodeInfo: { kubeletVersion: 'v1' },
          },
        },
        { show: ({ status }: { status: object }) => status },
      ),
      get('it as a table', '/api/v1/nodes/<ns>', { accept: asTable, show: columns }),
      remove('the node', '/api/v1/nodes/<ns>'),
      create('a priority class', '/apis/scheduling.k8s.io/v1/priorityclasses', {
        metadata: { name: '<ns>' },
        value: 5,
      }),
      remove('the priority class', '/apis/scheduling.k8s.io/v1/priorityclasses/<ns>'),
    ],
  },
];

function withoutConditions({ status, ...rest }: { status?: { phase: string } }): object {
  return { ...rest, status: status?.phase };
}
