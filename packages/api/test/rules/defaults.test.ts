import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Service, parseServingConfig } from '../../src/index.ts';
import { admit } from '../admit.ts';
import { type ConfigMaps, flags, make, withPod } from './rules.ts';

/** What is left open, the pod, and what defaults make of it; what all pods get is added to that. */
type Row = readonly [what: string, pod: string, filled: string, config?: ConfigMaps];

const one = 'containers: [{ image: a1 }]';
const probe = 'readinessProbe: { tcpSocket: { port: 0 }, successThreshold: 1 }';
const whole = `containers: [{ name: user-container, image: a1, resources: {}, ${probe} }]`;
const usual = { timeoutSeconds: 300, containerConcurrency: 0, enableServiceLinks: false };
const defaults = (data: Record<string, string>): ConfigMaps => ({ 'config-defaults': data });

function checkDefaults(rows: readonly Row[]): void {
  const cases = rows.map(([what, pod, filled, config = {}]) => ({ what, pod, filled, config }));
  it.each(cases)('$what', ({ pod, filled, config }) => {
    const { spec } = admit(withPod(pod), { config: parseServingConfig(config) }).object as Service;
    expect(spec.template.spec).toEqual({ ...usual, ...parse(`{ ${filled} }`) });
  });
}

describe('6 times and concurrency', () => {
  checkDefaults([
    ['nothing said', one, whole],
    ['a timeout of 0', `timeoutSeconds: 0, ${one}`, `timeoutSeconds: 300, ${whole}`],
    ['a shorter timeout', `timeoutSeconds: 5, ${one}`, `timeoutSeconds: 5, ${whole}`],
    [
      'a longer timeout, above the usual one for the start of a response',
      `timeoutSeconds: 301, ${one}`,
      `timeoutSeconds: 301, responseStartTimeoutSeconds: 300, ${whole}`,
    ],
    [
      'configured times below the timeout',
      one,
      `timeoutSeconds: 20, responseStartTimeoutSeconds: 15, idleTimeoutSeconds: 10, ${whole}`,
      defaults({
        'revision-timeout-seconds': '20',
        'revision-response-start-timeout-seconds': '15',
        'revision-idle-timeout-seconds': '10',
      }),
    ],
    [
      'configured times that are not below the timeout',
      `timeoutSeconds: 10, ${one}`,
      `timeoutSeconds: 10, ${whole}`,
      defaults({ 'revision-idle-timeout-seconds': '10', 'revision-response-start-timeout-seconds': '10' }),
    ],
    [
      'configured times, and 0 said',
      `responseStartTimeoutSeconds: 0, idleTimeoutSeconds: 0, ${one}`,
      `responseStartTimeoutSeconds: 0, idleTimeoutSeconds: 0, ${whole}`,
      defaults({ 'revision-idle-timeout-seconds': '10', 'revision-response-start-timeout-seconds': '10' }),
    ],
    ['concurrency', one, `containerConcurrency: 7, ${whole}`, defaults({ 'container-concurrency': '7' })],
    [
      'concurrency 0 said',
      `containerConcurrency: 0, ${one}`,
      `containerConcurrency: 0, ${whole}`,
      defaults({ 'container-concurrency': '7' }),
    ],
  ]);
});

const named = (name: string, more = ''): string => `{ name: ${name}, image: a1, resources: {}${more} }`;
const init = flags('Enabled', 'kubernetes.podspec-init-containers').config;

describe('6 names of containers', () => {
  checkDefaults([
    [
      'several',
      'containers: [{ image: a1, ports: [{ containerPort: 80 }] }, { image: a1, name: user-container-1 }, { image: a1 }]',
      `containers: [${named('user-container-0', `, ports: [{ containerPort: 80 }], ${probe}`)}, ${named('user-container-1')}, ${named('user-container-2')}]`,
    ],
    [
      'one, its name taken by an init container',
      `${one}, initContainers: [{ image: a1, name: user-container }]`,
      `containers: [${named('user-container-0', `, ${probe}`)}], initContainers: [${named('user-container')}]`,
      init,
    ],
    [
      'init containers',
      `${one}, initContainers: [{ image: a1 }, { image: a1 }]`,
      `${whole}, initContainers: [${named('init-container-0')}, ${named('init-container-1')}]`,
      init,
    ],
    [
      'from templates',
      `${one}, initContainers: [{ image: a1 }]`,
      `containers: [${named('hello-app', `, ${probe}`)}], initContainers: [${named('hello-init')}]`,
      {
        ...init,
        ...defaults({ 'container-name-template': '{{.Name}}-app', 'init-container-name-template': '{{.Name}}-init' }),
      },
    ],
  ]);
});

describe('6 resources', () => {
  checkDefaults([
    [
      'configured ones, where none are said',
      'containers: [{ image: a1, name: u, resources: { requests: { cpu: 1 }, limits: { memory: 1Gi } } }]',
      `containers: [{ name: u, image: a1, ${probe}, resources: { requests: { cpu: "1", memory: 64Mi, ephemeral-storage: 1G }, limits: { cpu: "2", memory: 1Gi, ephemeral-storage: 2G } } }]`,
      defaults({
        'revision-cpu-request': '250m',
        'revision-cpu-limit': '2',
        'revision-memory-request': '64Mi',
        'revision-memory-limit': '128Mi',
        'revision-ephemeral-storage-request': '1G',
        'revision-ephemeral-storage-limit': '2G',
      }),
    ],
  ]);
});

const ready = (given: string): string => `containers: [{ image: a1, name: u, readinessProbe: { ${given} } }]`;
const readied = (filled: string): string =>
  `containers: [{ image: a1, name: u, resources: {}, readinessProbe: { ${filled} } }]`;

describe('6 probes', () => {
  checkDefaults([
    [
      'without a handler',
      ready('initialDelaySeconds: 3'),
      readied('initialDelaySeconds: 3, tcpSocket: { port: 0 }, successThreshold: 1'),
    ],
    ['of HTTP', ready('httpGet: { path: /x }'), readied('httpGet: { path: /x, port: 0 }, successThreshold: 1')],
    [
      'with a period',
      ready('tcpSocket: { port: 80 }, periodSeconds: 2'),
      readied('tcpSocket: { port: 80 }, periodSeconds: 2, successThreshold: 1, failureThreshold: 3, timeoutSeconds: 1'),
    ],
    [
      'with everything said',
      ready('exec: { command: [a] }, periodSeconds: 2, successThreshold: 4, failureThreshold: 5, timeoutSeconds: 6'),
      readied('exec: { command: [a] }, periodSeconds: 2, successThreshold: 4, failureThreshold: 5, timeoutSeconds: 6'),
    ],
    ['of gRPC', ready('grpc: {}'), readied('grpc: { port: 0, service: "" }, successThreshold: 1')],
    [
      'of gRPC, other than readiness',
      'containers: [{ image: a1, name: u, livenessProbe: { grpc: { port: 1 } }, startupProbe: { grpc: { port: 2, service: s } } }]',
      `containers: [{ image: a1, name: u, resources: {}, ${probe}, livenessProbe: { grpc: { port: 1, service: "" } }, startupProbe: { grpc: { port: 2, service: s } } }]`,
    ],
    [
      'of a sidecar, which gets no handler',
      'containers: [{ image: a1, name: u, ports: [{ containerPort: 80 }] }, { image: a1, name: s, readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 3 } }]',
      `containers: [{ image: a1, name: u, resources: {}, ports: [{ containerPort: 80 }], ${probe} }, { image: a1, name: s, resources: {}, readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 3, successThreshold: 1, failureThreshold: 3, timeoutSeconds: 1 } }]`,
      flags('Enabled', 'multi-container-probing').config,
    ],
  ]);
});

const links = (value: string): ConfigMaps => defaults({ 'enable-service-links': value });
const mounts = (kind: string, readOnly: string): Row => [
  `of ${kind}`,
  `containers: [{ image: a1, name: u, volumeMounts: [{ name: v, mountPath: /v }] }], volumes: [{ name: v, ${kind} }]`,
  `containers: [{ image: a1, name: u, resources: {}, ${probe}, volumeMounts: [{ name: v, mountPath: /v${readOnly} }] }], volumes: [{ name: v, ${kind} }]`,
  flags(
    'Enabled',
    'kubernetes.podspec-volumes-ephemeral',
    'kubernetes.podspec-persistent-volume-claim',
    'kubernetes.podspec-persistent-volume-write',
  ).config,
];

describe('6 service links', () => {
  checkDefaults([
    ['configured on', one, `enableServiceLinks: true, ${whole}`, links('true')],
    [
      'configured on, and off said',
      `enableServiceLinks: false, ${one}`,
      `enableServiceLinks: false, ${whole}`,
      links('true'),
    ],
  ]);
});

it('6 service links stay open where the configuration leaves them so, and on update', () => {
  const open = admit(withPod(one), { config: parseServingConfig(links('default')) }).object;
  expect(open).not.toHaveProperty('spec.template.spec.enableServiceLinks');
  expect(admit(open, { oldObject: open }).object).not.toHaveProperty('spec.template.spec.enableServiceLinks');
});

describe('6 volume mounts', () => {
  checkDefaults([
    mounts('secret: { secretName: s }', ', readOnly: true'),
    mounts('configMap: { name: c }', ', readOnly: true'),
    mounts('projected: { sources: [] }', ', readOnly: true'),
    mounts('emptyDir: {}', ''),
    mounts('persistentVolumeClaim: { claimName: c }', ''),
    mounts('ephemeral: { volumeClaimTemplate: { spec: {} } }', ''),
  ]);
});

const secured = (context: string, more = ''): string =>
  `containers: [{ image: a1, name: u, resources: {}, ${probe}${more}, securityContext: { ${context} } }]`;
const rest = 'allowPrivilegeEscalation: false, seccompProfile: { type: RuntimeDefault }';
const secure = (value: string, ...names: string[]): ConfigMaps => ({
  'config-features': { ...Object.fromEntries(names.map((name) => [name, 'Enabled'])), 'secure-pod-defaults': value },
});
const plain = 'containers: [{ image: a1, name: u }]';
const ofPod = 'kubernetes.podspec-securitycontext';

describe('6 security', () => {
  checkDefaults([
    ['enabled', plain, secured(`${rest}, runAsNonRoot: true, capabilities: { drop: [ALL] }`), secure('Enabled')],
    ['root bounded', plain, secured(`${rest}, capabilities: { drop: [ALL] }`), secure('AllowRootBounded')],
    [
      'a low port',
      'containers: [{ image: a1, name: u, ports: [{ containerPort: 80 }] }]',
      secured(`${rest}, capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }`, ', ports: [{ containerPort: 80 }]'),
      secure('AllowRootBounded'),
    ],
    [
      'what is said',
      'containers: [{ image: a1, name: u, securityContext: { allowPrivilegeEscalation: true, runAsNonRoot: false, seccompProfile: { type: Unconfined }, capabilities: {} } }]',
      secured(
        'allowPrivilegeEscalation: true, runAsNonRoot: false, seccompProfile: { type: Unconfined }, capabilities: {}',
      ),
      secure('Enabled'),
    ],
    [
      'what the pod says',
      `${plain}, securityContext: { runAsNonRoot: false, seccompProfile: { type: Unconfined } }`,
      `${secured('allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }')}, securityContext: { runAsNonRoot: false, seccompProfile: { type: Unconfined } }`,
      secure('Enabled', ofPod),
    ],
    [
      'init containers',
      `${plain}, initContainers: [{ image: a1, name: i }]`,
      `${secured(`${rest}, capabilities: { drop: [ALL] }`)}, initContainers: [{ image: a1, name: i, resources: {}, securityContext: { ${rest}, capabilities: { drop: [ALL] } } }]`,
      secure('AllowRootBounded', 'kubernetes.podspec-init-containers'),
    ],
  ]);
});

describe('6 traffic and references', () => {
  it.each([
    ['Service', 'template: { spec: { containers: [{ image: a1 }] } }', [{ latestRevision: true, percent: 100 }]],
    [
      'Service',
      'template: { spec: { containers: [{ image: a1 }] } }, traffic: []',
      [{ latestRevision: true, percent: 100 }],
    ],
    [
      'Route',
      'traffic: [{ configurationName: c, percent: 100 }, { revisionName: r, tag: t }]',
      [
        { configurationName: 'c', percent: 100, latestRevision: true },
        { revisionName: 'r', tag: 't', percent: 0, latestRevision: false },
      ],
    ],
  ])('%s { %s }', (kind, spec, traffic) => {
    expect(admit(make(kind, `spec: { ${spec} }`)).object).toMatchObject({ spec: { traffic } });
  });

  it('a DomainMapping refers to its own namespace', () => {
    const spec = { ref: { kind: 'Service', name: 'a', apiVersion: 'serving.knative.dev/v1' } };
    const mapping = { kind: 'DomainMapping', metadata: { name: 'a.io', namespace: 'default' }, spec };
    expect(admit(mapping).object).toMatchObject({ spec: { ref: { ...spec.ref, namespace: 'default' } } });
  });

  it.each([
    ['kpa.autoscaling.knative.dev', 'concurrency'],
    ['hpa.autoscaling.knative.dev', 'cpu'],
    ['other.example.com', undefined],
  ])('a PodAutoscaler of class %s has metric %s', (scalingClass, metric) => {
    const manifest =
      'spec: { protocolType: http1, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: d } }';
    const config = parseServingConfig({ 'config-autoscaler': { 'pod-autoscaler-class': scalingClass } });
    expect(admit(make('PodAutoscaler', manifest), { config }).object.metadata.annotations).toEqual({
      'autoscaling.knative.dev/class': scalingClass,
      ...(metric === undefined ? {} : { 'autoscaling.knative.dev/metric': metric }),
    });
  });
});

describe('6 where defaults are left out', () => {
  const bare = { kind: 'Revision', metadata: { name: 'r' }, spec: { containers: [{ image: 'a1' }] } };

  it('in a Revision that exists, for its spec may not change', () => {
    expect(admit(bare, { oldObject: bare }).object).toMatchObject({ spec: bare.spec });
    expect(admit(bare, { oldObject: bare }).object).not.toHaveProperty('spec.timeoutSeconds');
  });

  it.each(['Service', 'Configuration'])('in the template of a %s under an unchanged name of its own', (kind) => {
    const template = {
      metadata: { name: 'hello-one' },
      spec: { containers: [{ image: 'a1', name: 'u', resources: {} }] },
    };
    const object = { kind, metadata: { name: 'hello' }, spec: { template } };
    expect(admit(object, { oldObject: object }).object).toMatchObject({ spec: { template } });
    expect(admit(object, { oldObject: object }).object).not.toHaveProperty('spec.template.spec.timeoutSeconds');
    const renamed = { ...object, spec: { template: { ...template, metadata: { name: 'hello-two' } } } };
    expect(admit(renamed, { oldObject: object }).object).toHaveProperty('spec.template.spec.timeoutSeconds', 300);
  });
});
