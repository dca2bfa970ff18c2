import { type Story, asTable, columns, create, get, patch, remove, replace } from '../story.ts';
import { core, inGroup, secrets, services } from './paths.ts';

const service = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

const leases = inGroup('coordination.k8s.io/v1', 'leases');
const roles = inGroup('rbac.authorization.k8s.io/v1', 'roles');
const bindings = inGroup('rbac.authorization.k8s.io/v1', 'rolebindings');
const accounts = core('serviceaccounts');

/** What single kinds have of their own. */
export const kinds: readonly Story[] = [
  {
    name: 'secrets',
    steps: [
      create('with text', secrets, { metadata: { name: 'a' }, stringData: { a: 'b' }, data: { a: 'eA==', c: 'ZA==' } }),
      create('of a type', secrets, { metadata: { name: 't' }, type: 'example.com/mine', data: {} }),
      create('basic auth without keys', secrets, {
        metadata: { name: 'x' },
        type: 'kubernetes.io/basic-auth',
        data: { a: '' },
      }),
      create('ssh auth without key', secrets, { metadata: { name: 'x' }, type: 'kubernetes.io/ssh-auth' }),
      create('TLS without keys', secrets, { metadata: { name: 'x' }, type: 'kubernetes.io/tls' }),
      create('docker without key', secrets, { metadata: { name: 'x' }, type: 'kubernetes.io/dockerconfigjson' }),
      create('docker with no JSON', secrets, {
        metadata: { name: 'x' },
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': 'x' },
      }),
      create('a token of no account', secrets, {
        metadata: { name: 'x' },
        type: 'kubernetes.io/service-account-token',
      }),
      create('bad base64', secrets, { metadata: { name: 'x' }, data: { a: '***' } }),
      create('bad key', secrets, { metadata: { name: 'x' }, data: { 'a/b': '' } }),
      patch('merge', 'another type', `${secrets}/t`, { type: 'Opaque' }),
      patch('merge', 'more text', `${secrets}/a`, { stringData: { e: 'f' } }),
      patch('merge', 'frozen', `${secrets}/a`, { immutable: true }),
      patch('merge', 'change of a frozen one', `${secrets}/a`, { stringData: { e: 'g' } }),
      get('as a table', secrets, { accept: asTable }),
    ],
  },
  {
    name: 'services',
    managedFields: true,
    steps: [
      create('plain', services, service('a')),
      create('headless', services, service('h', { clusterIP: 'None', selector: { a: 'b' } })),
      create('external', services, {
        metadata: { name: 'e' },
        spec: { type: 'ExternalName', externalName: 'example.com' },
      }),
      create('with node ports', services, service('n', { type: 'NodePort' })),
      create('load balanced', services, service('l', { type: 'LoadBalancer', sessionAffinity: 'ClientIP' })),
      create('without ports', services, { metadata: { name: 'x' }, spec: {} }),
      create('of no type', services, service('x', { type: 'Nope' })),
      create('with two unnamed ports', services, service('x', { ports: [{ port: 80 }, { port: 81 }] })),
      create(
        'with a port twice',
        services,
        service('x', {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 80 },
          ],
        }),
      ),
      create('with bad ports', services, service('x', { ports: [{ port: 0, targetPort: 70000, protocol: 'X' }] })),
      create('with a bad name', services, service('9x')),
      create('with a bad IP', services, service('x', { clusterIP: 'nope' })),
      create('with an IP out of range', services, service('x', { clusterIP: '1.2.3.4' })),
      create('external without name', services, { metadata: { name: 'x' }, spec: { type: 'ExternalName' } }),
      create(
        'with named target',
        services,
        service('t', { ports: [{ name: 'http', port: 80, targetPort: 'web', appProtocol: 'h2c' }] }),
      ),
      patch('merge', 'another IP', `${services}/a`, { spec: { clusterIP: '1.2.3.4', clusterIPs: ['1.2.3.4'] } }),
      patch('merge', 'made external', `${services}/a`, {
        spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: '', clusterIPs: null },
      }),
      patch('merge', 'made plain again', `${services}/a`, { spec: { type: 'ClusterIP', externalName: null } }),
      replace('without its IP', `${services}/a`, service('a')),
      patch('merge', 'its status', `${services}/l/status`, {
        status: { loadBalancer: { ingress: [{ hostname: 'x.example' }] } },
      }),
      get('as a table', services, { accept: asTable }),
      get('one as a table', `${services}/h`, { accept: asTable }),
      remove('plain', `${services}/a`),
    ],
  },
  {
    name: 'leases-events-endpoints',
    steps: [
      create('a lease', leases, {
        metadata: { name: 'l' },
        spec: {
          holderIdentity: 'me',
          leaseDurationSeconds: 15,
          acquireTime: '2026-01-01T00:00:00.000000Z',
          renewTime: '2026-01-01T00:00:00.123456Z',
          leaseTransitions: 1,
        },
      }),
      create('a bad lease', leases, {
        metadata: { name: 'x' },
        spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
      }),
      patch('merge', 'a lease with a whole second', `${leases}/l`, { spec: { renewTime: '2026-01-01T00:00:01Z' } }),
      patch('merge', 'a lease with a bad time', `${leases}/l`, { spec: { renewTime: 'now' } }),
      get('leases as a table', leases, { accept: asTable }),
      create('an event', core('events'), {
        metadata: { name: 'e' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: '<ns>' },
        reason: 'Why',
        message: 'so',
        type: 'Normal',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'me' },
      }),
      create('an event of elsewhere', core('events'), {
        metadata: { name: 'x' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'other' },
      }),
      patch('strategic', 'counted on', `${core('events')}/e`, { count: 2, message: 'so again' }),
      get('events by object', `${core('events')}?fieldSelector=involvedObject.name%3Dp,reason%3DWhy`),
      create('an event of the new group', inGroup('events.k8s.io/v1', 'events'), {
        metadata: { name: 'n' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'example.com/c',
        reportingInstance: 'i',
        action: 'Do',
        reason: 'Why',
        type: 'Normal',
        regarding: { kind: 'Pod', name: 'p', namespace: '<ns>' },
        note: 'n',
      }),
      create('endpoints', core('endpoints'), {
        metadata: { name: 'e' },
        subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }],
      }),
      create('an endpoint slice', inGroup('discovery.k8s.io/v1', 'endpointslices'), {
        metadata: { name: 'e', labels: { 'kubernetes.io/service-name': 'e' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
        ports: [{ port: 80 }],
      }),
      create('a slice of no type', inGroup('discovery.k8s.io/v1', 'endpointslices'), {
        metadata: { name: 'x' },
        endpoints: [],
      }),
      get('slices as a table', inGroup('discovery.k8s.io/v1', 'endpointslices'), { accept: asTable, show: columns }),
      get('endpoints as a table', core('endpoints'), { accept: asTable, show: columns }),
    ],
  },
  {
    name: 'accounts',
    steps: [
      create('an account', accounts, { metadata: { name: 'a' } }, { save: { uid: 'metadata.uid' } }),
      create(
        'a token',
        `${accounts}/a/token`,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: ['x'], expirationSeconds: 600 },
        },
        { save: { token: 'status.token' } },
      ),
      create(
        'a token with nothing said',
        `${accounts}/a/token`,
        { spec: {} },
        {
          show: ({ status, spec }: { status: { token: string }; spec: { expirationSeconds: number } }) => ({
            parts: status.token.split('.').length,
            spec: spec.expirationSeconds,
          }),
        },
      ),
      create('a token too short', `${accounts}/a/token`, { spec: { expirationSeconds: 60 } }),
      create('a token of none', `${accounts}/nope/token`, { spec: {} }),
      create('a token for a pod that is not there', `${accounts}/a/token`, {
        spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'nope', uid: 'x' } },
      }),
      create(
        'a review of it',
        '/apis/authentication.k8s.io/v1/tokenreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: '<token>', audiences: ['x'] } },
        {
          show: ({
            status,
          }: {
            status: { authenticated?: boolean; user?: { username: string; groups: string[] } };
          }) => ({ authenticated: status.authenticated, username: status.user?.username, groups: status.user?.groups }),
        },
      ),
      create(
        'a review of nonsense',
        '/apis/authentication.k8s.io/v1/tokenreviews',
        { spec: { token: 'nope' } },
        { show: ({ status }: { status: { authenticated?: boolean } }) => status.authenticated },
      ),
      create(
        'may I',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { spec: { resourceAttributes: { namespace: '<ns>', verb: 'create', resource: 'pods' } } },
        { show: allowed },
      ),
      create(
        'may another',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          spec: {
            user: 'me',
            groups: ['system:masters'],
            resourceAttributes: { namespace: '<ns>', verb: 'create', resource: 'pods' },
          },
        },
        { show: allowed },
      ),
      create('may I, and what', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: {} }),
      create('a role', roles, {
        metadata: { name: 'r' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
      create('a role of nothing', roles, { metadata: { name: 'r0' } }),
      create('a bad role', roles, {
        metadata: { name: 'x' },
        rules: [{ apiGroups: [''], resources: ['pods'] }, { verbs: ['get'] }],
      }),
      create('a binding', bindings, {
        metadata: { name: 'b' },
        roleRef: { kind: 'Role', name: 'r', apiGroup: 'rbac.authorization.k8s.io' },
        subjects: [
          { kind: 'ServiceAccount', name: 'a', namespace: '<ns>' },
          { kind: 'User', name: 'u' },
        ],
      }),
      create('a bad binding', bindings, {
        metadata: { name: 'x' },
        roleRef: { kind: 'Nope', name: '' },
        subjects: [{ kind: 'Nope' }],
      }),
      patch('merge', 'another role for it', `${bindings}/b`, { roleRef: { name: 'q' } }),
      get('roles as a table', roles, { accept: asTable, show: columns }),
      get('bindings as a table', bindings, { accept: asTable, show: columns }),
      get('accounts as a table', `${accounts}/a`, { accept: asTable, show: columns }),
      create('a cluster role', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
        metadata: { name: '<ns>' },
        rules: [],
      }),
      remove('the cluster role', '/apis/rbac.authorization.k8s.io/v1/clusterroles/<ns>'),
    ],
  },
];

function allowed({ status }: { status: { allowed: boolean } }): boolean {
  return status.allowed;
}
