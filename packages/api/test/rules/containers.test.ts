import { describe, expect, it } from 'vitest';
import { StatusError, createAdmission, defaultServingConfig } from '../../src/index.ts';
import {
  type Rule,
  checkRules,
  features,
  first,
  lines,
  pod,
  second,
  withContainer,
  withContainers,
  withPod,
} from './rules.ts';

const one = '{ image: a1 }';
const init = features('kubernetes.podspec-init-containers');
const reference = (image: string): Rule => [
  `the image ${image}`,
  withContainers(`{ image: "${image}" }`),
  lines(
    `Failed to parse image reference: ${first}.image`,
    `image: "${image}", error: could not parse reference: ${image}`,
  ),
];

describe('7.2 containers', () => {
  checkRules([
    [
      'everything allowed',
      withContainer(
        'name: a, args: [b], command: [c], workingDir: /d, imagePullPolicy: Always, terminationMessagePath: /e, terminationMessagePolicy: File, resources: { limits: { cpu: 1 }, requests: { memory: 1Gi } }',
      ),
      'admitted',
    ],
    ...['lifecycle: { preStop: {} }', 'stdin: true', 'stdinOnce: true', 'tty: true', 'volumeDevices: [{ name: a }]']
      .concat('restartPolicy: Always', 'resizePolicy: [{ resourceName: cpu }]')
      .map((field) => {
        const name = field.replace(/:.*/, '');
        return [name, withContainer(field), `must not set the field(s): ${first}.${name}`] as const;
      }),
    ['an empty container, which gets a name', withContainers('{}'), `missing field(s): ${first}.image`],
    [
      'a reserved name',
      withContainer('name: queue-proxy'),
      `"queue-proxy" is a reserved container name: ${first}.name`,
    ],
    [
      'two of one name',
      withContainers('{ image: a1, name: a, ports: [{ containerPort: 80 }] }, { image: b1, name: a }'),
      `duplicate container name "a": ${second}.name`,
    ],
    [
      'two images missing',
      withContainers('{ ports: [{ containerPort: 80 }] }, { name: b }'),
      `missing field(s): ${first}.image, ${second}.image`,
    ],
    ...['i', 'a b', 'app:t g', 'Busybox', 'app@sha256:123', 'example.com/', 'exa mple.com/app'].map(reference),
    [
      'a message policy',
      withContainer('terminationMessagePolicy: Fallback'),
      `invalid value: Fallback: ${first}.terminationMessagePolicy`,
    ],
    ['the other message policy', withContainer('terminationMessagePolicy: FallbackToLogsOnError'), 'admitted'],
    [
      'resource claims',
      withContainer('resources: { claims: [{ name: a }] }'),
      `must not set the field(s): ${first}.resources.claims`,
    ],
    [
      'no ports at all among several',
      withContainers('{ image: a1 }, { image: b1 }'),
      `missing field(s): ${pod}.containers[*].ports`,
    ],
    [
      'two ports',
      withContainer('ports: [{ containerPort: 1 }, { containerPort: 2 }]'),
      lines(
        `more than one container port is set: ${pod}.containers[*].ports`,
        'Only a single port is allowed across all containers',
      ),
    ],
    [
      'a port in each',
      withContainers('{ image: a1, ports: [{ containerPort: 1 }] }, { image: b1, ports: [{ containerPort: 2 }] }'),
      lines(
        `more than one container port is set: ${pod}.containers[*].ports`,
        'Only a single port is allowed across all containers',
      ),
    ],
    [
      'a port in each, one of a wrong name: each may be the one that serves',
      withContainers('{ image: a1, ports: [{ containerPort: 1 }] }, { image: b1, ports: [{ name: grpc }] }'),
      lines(
        `Port name grpc is not allowed: ${second}.ports`,
        "Name must be empty, or one of: 'h2c', 'http1'",
        `more than one container port is set: ${pod}.containers[*].ports`,
        'Only a single port is allowed across all containers',
      ),
    ],
  ]);
});

describe('7.2 init containers, told of as containers', () => {
  checkRules([
    [
      'probes',
      withContainers(
        one,
        'initContainers: [{ image: b1, livenessProbe: { exec: {} }, readinessProbe: { exec: {} }, startupProbe: { exec: {} } }]',
      ),
      `field not allowed in an init container: ${first}.livenessProbe, ${first}.readinessProbe, ${first}.startupProbe`,
      init,
    ],
    [
      'lifecycle',
      withContainers(one, 'initContainers: [{ image: b1, lifecycle: { preStop: {} } }]'),
      lines(
        `field not allowed in an init container: ${first}.lifecycle`,
        `must not set the field(s): ${first}.lifecycle`,
      ),
      init,
    ],
    ['no image', withContainers(one, 'initContainers: [{ name: b }]'), `missing field(s): ${first}.image`, init],
    [
      'the name of a container',
      withContainers('{ image: a1, name: a }', 'initContainers: [{ image: b1, name: a }]'),
      `duplicate container name "a": ${first}.name`,
      init,
    ],
    [
      'several ports, of any name and protocol',
      withContainers(one, 'initContainers: [{ image: b1, ports: [{ name: x, protocol: UDP }, { name: y }] }]'),
      'admitted',
      init,
    ],
    [
      'ports out of range and reserved',
      withContainers(one, 'initContainers: [{ image: b1, ports: [{ containerPort: -1 }, { containerPort: 9090 }] }]'),
      lines(
        `expected 0 <= -1 <= 65535: ${first}.ports.containerPort`,
        `invalid value: 9090 is a reserved port: ${first}.ports.containerPort`,
        '9090 is a reserved port, please use a different value',
      ),
      init,
    ],
    [
      'PORT, which only the serving container has of the platform',
      withContainers(one, 'initContainers: [{ image: b1, env: [{ name: PORT, value: "1" }] }]'),
      'admitted',
      init,
    ],
  ]);
});

// Defaulting gives every container a name, so that only an API server whose mutating webhook is off meets one.
it('an empty container that was not given a name', () => {
  const admission = createAdmission(() => defaultServingConfig);
  const object = withPod('containers: [{}]');
  const request = { operation: 'CREATE', group: 'serving.knative.dev', version: 'v1', kind: 'Service' } as const;
  const run = (): unknown =>
    admission.validate({ ...request, subresource: '', object, userName: 'ann', dryRun: false });
  expect(run).toThrow(StatusError);
  expect(run).toThrow(`missing field(s): ${first}`);
});
