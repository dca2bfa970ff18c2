import { describe } from 'vitest';
import { type Rule, checkRules, features, first, lines, second, withContainer, withContainers } from './rules.ts';

const reserved = [8012, 8013, 8022, 9090, 9091, 8008].map((port): Rule => [
  `${port}, which is reserved`,
  withContainer(`ports: [{ containerPort: ${port} }]`),
  lines(
    `invalid value: ${port} is a reserved port: ${first}.ports.containerPort`,
    `${port} is a reserved port, please use a different value`,
  ),
]);

describe('7.3 ports', () => {
  checkRules([
    ['no number, which is 8080', withContainer('ports: [{ name: http1 }]'), 'admitted'],
    ['h2c', withContainer('ports: [{ name: h2c, containerPort: 1 }]'), 'admitted'],
    ['TCP', withContainer('ports: [{ protocol: TCP, containerPort: 65535 }]'), 'admitted'],
    ['8112, which is used but not reserved', withContainer('ports: [{ containerPort: 8112 }]'), 'admitted'],
    [
      'another name',
      withContainer('ports: [{ name: grpc }]'),
      lines(`Port name grpc is not allowed: ${first}.ports`, "Name must be empty, or one of: 'h2c', 'http1'"),
    ],
    ['UDP', withContainer('ports: [{ protocol: UDP }]'), `invalid value: UDP: ${first}.ports.protocol`],
    [
      'too high a number',
      withContainer('ports: [{ containerPort: 65536 }]'),
      `expected 0 <= 65536 <= 65535: ${first}.ports.containerPort`,
    ],
    [
      'a negative number',
      withContainer('ports: [{ containerPort: -1 }]'),
      `expected 0 <= -1 <= 65535: ${first}.ports.containerPort`,
    ],
    ...reserved,
    [
      'a port of the host',
      withContainer('ports: [{ containerPort: 80, hostPort: 80, hostIP: 1.2.3.4 }]'),
      `must not set the field(s): ${first}.ports.hostIP, ${first}.ports.hostPort`,
    ],
  ]);
});

const pairWith = (env: string): unknown =>
  withContainers(`{ image: a1, ports: [{ containerPort: 80 }] }, { image: b1, env: [${env}] }`);
const fieldRef = 'env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]';

describe('7.4 environment', () => {
  checkRules([
    ['no name', withContainer('env: [{ value: x }]'), `missing field(s): ${first}.env[0].name`],
    ...['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'].map((name): Rule => [
      name,
      withContainer(`env: [{ name: A, value: "1" }, { name: ${name} }]`),
      `"${name}" is a reserved environment variable: ${first}.env[1].name`,
    ]),
    ['PORT of a sidecar', pairWith('{ name: PORT, value: "1" }'), 'admitted'],
    [
      'K_SERVICE of a sidecar',
      pairWith('{ name: K_SERVICE }'),
      `"K_SERVICE" is a reserved environment variable: ${second}.env[0].name`,
    ],
    [
      'a key of a ConfigMap or Secret',
      withContainer(
        'env: [{ name: A, valueFrom: { configMapKeyRef: { name: c, key: k } } }, { name: B, valueFrom: { secretKeyRef: { name: s, key: k } } }]',
      ),
      'admitted',
    ],
    ['a field', withContainer(fieldRef), `must not set the field(s): ${first}.env[0].valueFrom.fieldRef`],
    [
      'a resource',
      withContainer('env: [{ name: A, valueFrom: { resourceFieldRef: { resource: limits.cpu } } }]'),
      `must not set the field(s): ${first}.env[0].valueFrom.resourceFieldRef`,
    ],
    ['a field, with its flag', withContainer(fieldRef), 'admitted', features('kubernetes.podspec-fieldref')],
    ['a whole Secret, with a prefix', withContainer('envFrom: [{ secretRef: { name: s }, prefix: P_ }]'), 'admitted'],
    [
      'envFrom of nothing',
      withContainer('envFrom: [{ prefix: a }]'),
      `expected exactly one, got neither: ${first}.envFrom.configMapRef, ${first}.envFrom.secretRef`,
    ],
    [
      'envFrom of two',
      withContainer('envFrom: [{ configMapRef: { name: c }, secretRef: { name: s } }]'),
      `expected exactly one, got both: ${first}.envFrom.configMapRef, ${first}.envFrom.secretRef`,
    ],
  ]);
});
