import { describe } from 'vitest';
import { type Rule, checkRules, features, first, lines, second, withContainer, withContainers } from './rules.ts';

const max = 2147483647;
const readiness = (probe: string): unknown => withContainer(`readinessProbe: { ${probe} }`);
const liveness = (probe: string, more = ''): unknown => withContainer(`livenessProbe: { ${probe} }${more}`);
const sidecar = (probe: string): unknown =>
  withContainers(`{ image: a1, ports: [{ containerPort: 80 }] }, { image: b1, ${probe} }`);
const probing = features('multi-container-probing');

describe('7.5 handlers of probes', () => {
  checkRules([
    ['none, of readiness: defaulting gives one', readiness('initialDelaySeconds: 3'), 'admitted'],
    [
      'none, of liveness',
      liveness('periodSeconds: 3'),
      `expected exactly one, got neither: ${first}.livenessProbe.exec, ${first}.livenessProbe.grpc, ${first}.livenessProbe.httpGet, ${first}.livenessProbe.tcpSocket`,
    ],
    [
      'none, of start-up',
      withContainer('startupProbe: {}'),
      `expected exactly one, got neither: ${first}.startupProbe.exec, ${first}.startupProbe.grpc, ${first}.startupProbe.httpGet, ${first}.startupProbe.tcpSocket`,
    ],
    [
      'two',
      readiness('exec: { command: [a] }, httpGet: { path: / }'),
      `expected exactly one, got both: ${first}.readinessProbe.exec, ${first}.readinessProbe.httpGet`,
    ],
    ['grpc', readiness('grpc: { port: 0 }'), 'admitted'],
    [
      'a grace period of its own',
      liveness('exec: { command: [a] }, terminationGracePeriodSeconds: 5'),
      `must not set the field(s): ${first}.livenessProbe.terminationGracePeriodSeconds`,
    ],
  ]);
});

const mismatch = 'Probe port must match container port';

describe('7.5 ports of probes', () => {
  checkRules([
    ['any number', liveness('httpGet: { port: 9999 }'), 'admitted'],
    ['http, of a port without a name', liveness('httpGet: { port: http }'), 'admitted'],
    ['the name of the port', liveness('tcpSocket: { port: h2c }', ', ports: [{ name: h2c }]'), 'admitted'],
    [
      'another name',
      liveness('httpGet: { port: admin }'),
      lines(`invalid value: admin: ${first}.livenessProbe.httpGet.port`, mismatch),
    ],
    [
      'another name, of a connection',
      readiness('tcpSocket: { port: imap }'),
      lines(`invalid value: imap: ${first}.readinessProbe.tcpSocket.port`, mismatch),
    ],
    [
      'another name, of start-up',
      withContainer('startupProbe: { httpGet: { port: admin } }'),
      lines(`invalid value: admin: ${first}.startupProbe.httpGet.port`, mismatch),
    ],
    [
      'http, of a port with a name',
      liveness('httpGet: { port: http }', ', ports: [{ name: http1 }]'),
      lines(`invalid value: http: ${first}.livenessProbe.httpGet.port`, mismatch),
    ],
  ]);
});

describe('7.5 probes of sidecars', () => {
  checkRules([
    [
      'without the flag',
      sidecar('livenessProbe: { timeoutSeconds: 1 }, readinessProbe: { timeoutSeconds: 2, successThreshold: 1 }'),
      `must not set the field(s): ${second}.livenessProbe.timeoutSeconds, ${second}.readinessProbe.successThreshold, ${second}.readinessProbe.timeoutSeconds`,
    ],
    [
      'without the flag, of a handler',
      sidecar('startupProbe: { tcpSocket: { port: 81 }, periodSeconds: 5 }'),
      `must not set the field(s): ${second}.startupProbe, ${second}.startupProbe.periodSeconds`,
    ],
    ['with the flag', sidecar('livenessProbe: { tcpSocket: { port: 81 } }'), 'admitted', probing],
    [
      'without a port',
      sidecar('livenessProbe: { tcpSocket: {} }, readinessProbe: { httpGet: { path: / } }'),
      lines(
        `invalid value: 0: ${second}.livenessProbe.tcpSocket.port, ${second}.readinessProbe.httpGet.port`,
        'Probe port must be specified',
      ),
      probing,
    ],
    ['with a name for a port', sidecar('startupProbe: { httpGet: { port: admin } }'), 'admitted', probing],
  ]);
});

const bounds = (field: string, value: number, low: number, more = ''): Rule => [
  `${field} of ${value}`,
  readiness(`httpGet: { path: / }, ${field}: ${value}${more}`),
  `expected ${low} <= ${value} <= ${max}: ${first}.readinessProbe.${field}`,
];

describe('7.5 times of the readiness probe', () => {
  checkRules([
    ['Knative’s own: no period', readiness('httpGet: { path: / }, successThreshold: 3'), 'admitted'],
    [
      'Kubernetes’: a period',
      readiness(
        'httpGet: { path: / }, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 4, initialDelaySeconds: 1',
      ),
      'admitted',
    ],
    bounds('periodSeconds', -1, 0),
    bounds('initialDelaySeconds', -1, 0),
    bounds('successThreshold', -1, 1),
    bounds('timeoutSeconds', -1, 1, ', periodSeconds: 5'),
    bounds('failureThreshold', -1, 1, ', periodSeconds: 5'),
    [
      'a failure threshold without a period',
      readiness('failureThreshold: 2'),
      `failureThreshold is disallowed when periodSeconds is zero: ${first}.readinessProbe.failureThreshold`,
    ],
    [
      'a timeout without a period',
      readiness('timeoutSeconds: 2'),
      `timeoutSeconds is disallowed when periodSeconds is zero: ${first}.readinessProbe.timeoutSeconds`,
    ],
    [
      'the times of others, which are not looked at',
      liveness(
        'exec: { command: [a] }, periodSeconds: -1, timeoutSeconds: -1, failureThreshold: -1, successThreshold: 5',
      ),
      'admitted',
    ],
  ]);
});
