import { describe } from 'vitest';
import { checkRules, dns1123Subdomain, features, first, flags, lines, pod, withContainers, withPod } from './rules.ts';

const one = '{ image: a1 }';
const pair = '{ image: a1, ports: [{ containerPort: 80 }] }, { image: b1 }';

/** Fields behind a flag of their own, with a value. */
const behindFlags: readonly (readonly [field: string, flag: string, value: string])[] = [
  ['affinity', 'affinity', '{ nodeAffinity: {} }'],
  ['topologySpreadConstraints', 'topologyspreadconstraints', '[{ maxSkew: 1 }]'],
  ['hostAliases', 'hostaliases', '[{ ip: 127.0.0.1 }]'],
  ['nodeSelector', 'nodeselector', '{ disk: ssd }'],
  ['runtimeClassName', 'runtimeclassname', 'rund'],
  ['tolerations', 'tolerations', '[{ key: a }]'],
  ['shareProcessNamespace', 'shareprocessnamespace', 'true'],
  ['priorityClassName', 'priorityclassname', 'high'],
  ['schedulerName', 'schedulername', 'other'],
  ['dnsPolicy', 'dnspolicy', 'Default'],
  ['dnsConfig', 'dnsconfig', '{ nameservers: [1.1.1.1] }'],
  ['hostIPC', 'hostipc', 'true'],
  ['hostPID', 'hostpid', 'true'],
  ['hostNetwork', 'hostnetwork', 'true'],
];

describe('7.1 fields of a pod behind a flag', () => {
  checkRules([
    ...behindFlags.flatMap(([field, flag, value]) => {
      const object = withContainers(one, `${field}: ${value}`);
      const name = `kubernetes.podspec-${flag}`;
      return [
        [`${field} without its flag`, object, `must not set the field(s): ${pod}.${field}`] as const,
        [`${field} with its flag allowed`, object, 'admitted', flags('Allowed', name)] as const,
        [`${field} with its flag enabled`, object, 'admitted', features(name)] as const,
      ];
    }),
    ['an empty nodeSelector, which is none', withContainers(one, 'nodeSelector: {}'), 'admitted'],
    ['an empty list of tolerations, which is none', withContainers(one, 'tolerations: []'), 'admitted'],
    [
      'an empty affinity, which is one',
      withContainers(one, 'affinity: {}'),
      `must not set the field(s): ${pod}.affinity`,
    ],
    [
      'shareProcessNamespace: false, which Kubernetes tells from none',
      withContainers(one, 'shareProcessNamespace: false'),
      `must not set the field(s): ${pod}.shareProcessNamespace`,
    ],
    [
      'several in one finding',
      withContainers(one, 'nodeSelector: { a: b }, affinity: { nodeAffinity: {} }'),
      `must not set the field(s): ${pod}.affinity, ${pod}.nodeSelector`,
    ],
  ]);
});

describe('7.1 fields of a pod', () => {
  checkRules([
    [
      'what is always allowed',
      withContainers(one, 'serviceAccountName: a.b, imagePullSecrets: [{ name: s }], enableServiceLinks: true'),
      'admitted',
    ],
    ['automountServiceAccountToken: false', withContainers(one, 'automountServiceAccountToken: false'), 'admitted'],
    [
      'automountServiceAccountToken: true',
      withContainers(one, 'automountServiceAccountToken: true'),
      `must not set the field(s): ${pod}.automountServiceAccountToken`,
    ],
    ...[
      'restartPolicy: Never',
      'terminationGracePeriodSeconds: 5',
      'activeDeadlineSeconds: 5',
      'nodeName: n',
      'hostname: h',
      'subdomain: s',
      'priority: 5',
      'readinessGates: [{ conditionType: a }]',
      'ephemeralContainers: [{ name: a }]',
      'preemptionPolicy: Never',
      'overhead: { cpu: 1 }',
      'os: { name: linux }',
      'setHostnameAsFQDN: true',
    ].map((field) => {
      const name = field.replace(/:.*/, '');
      return [name, withContainers(one, field), `must not set the field(s): ${pod}.${name}`] as const;
    }),
    ['no containers', withPod('containers: []'), `missing field(s): ${pod}.containers`],
    [
      'a service account that is no name',
      withContainers(one, 'serviceAccountName: foo@bar.baz'),
      lines(`invalid value: foo@bar.baz: ${pod}.serviceAccountName`, dns1123Subdomain),
    ],
    [
      'a service account with a name too long and no name',
      withContainers(one, `serviceAccountName: ${'A'.repeat(254)}`),
      lines(
        `invalid value: ${'A'.repeat(254)}: ${pod}.serviceAccountName`,
        dns1123Subdomain,
        `invalid value: ${'A'.repeat(254)}: ${pod}.serviceAccountName`,
        'must be no more than 253 characters',
      ),
    ],
    ['several containers', withContainers(pair), 'admitted'],
    [
      'several containers, switched off',
      withContainers(pair),
      'multi-container is off, but found 2 containers: ',
      flags('Disabled', 'multi-container'),
    ],
    [
      'several containers, switched off, and none with a port',
      withContainers('{ image: a1 }, { image: b1 }'),
      lines(`missing field(s): ${pod}.containers[*].ports`, 'multi-container is off, but found 2 containers: '),
      flags('Disabled', 'multi-container'),
    ],
    [
      'several containers, only allowed',
      withContainers(pair),
      'multi-container is off, but found 2 containers: ',
      flags('Allowed', 'multi-container'),
    ],
    [
      'init containers',
      withContainers(one, 'initContainers: [{ image: b1 }, { image: c1 }]'),
      lines(
        `must not set the field(s): ${pod}.initContainers`,
        'pod spec support for init-containers is off, but found 2 init containers: ',
      ),
    ],
    [
      'init containers, only allowed',
      withContainers(one, 'initContainers: [{ image: b1 }]'),
      'pod spec support for init-containers is off, but found 1 init containers: ',
      flags('Allowed', 'kubernetes.podspec-init-containers'),
    ],
    [
      'init containers, enabled',
      withContainers(one, 'initContainers: [{ image: b1 }]'),
      'admitted',
      features('kubernetes.podspec-init-containers'),
    ],
  ]);
});

const defaults = (data: Record<string, string>): { config: { 'config-defaults': Record<string, string> } } => ({
  config: { 'config-defaults': data },
});

describe('7.9 numbers of a Revision', () => {
  checkRules([
    ['the most concurrency', withContainers(one, 'containerConcurrency: 1000'), 'admitted'],
    [
      'more',
      withContainers(one, 'containerConcurrency: 1001'),
      `expected 0 <= 1001 <= 1000: ${pod}.containerConcurrency`,
    ],
    [
      'negative concurrency',
      withContainers(one, 'containerConcurrency: -1'),
      `expected 0 <= -1 <= 1000: ${pod}.containerConcurrency`,
    ],
    [
      'unlimited concurrency where that is not allowed',
      withContainers(one, 'containerConcurrency: 0'),
      `expected 1 <= 0 <= 1000: ${pod}.containerConcurrency`,
      defaults({ 'allow-container-concurrency-zero': 'false', 'container-concurrency': '1' }),
    ],
    [
      'more than the configured limit',
      withContainers(one, 'containerConcurrency: 11'),
      `expected 0 <= 11 <= 10: ${pod}.containerConcurrency`,
      defaults({ 'container-concurrency-max-limit': '10' }),
    ],
    ['no timeout, which is the usual one', withContainers(one, 'timeoutSeconds: 0'), 'admitted'],
    ['the longest timeout', withContainers(one, 'timeoutSeconds: 600'), 'admitted'],
    ['a longer one', withContainers(one, 'timeoutSeconds: 601'), `expected 0 <= 601 <= 600: ${pod}.timeoutSeconds`],
    ['a negative one', withContainers(one, 'timeoutSeconds: -30'), `expected 0 <= -30 <= 600: ${pod}.timeoutSeconds`],
    [
      'a longer one than configured',
      withContainers(one, 'timeoutSeconds: 11'),
      `expected 0 <= 11 <= 10: ${pod}.timeoutSeconds`,
      defaults({ 'max-revision-timeout-seconds': '10', 'revision-timeout-seconds': '5' }),
    ],
    [
      'other timeouts, which are not looked at',
      withContainers(one, 'responseStartTimeoutSeconds: 6000, idleTimeoutSeconds: -1'),
      'admitted',
    ],
    [
      'a field of a container, through all of them',
      withContainers('{ ports: [{ containerPort: 80 }] }, { name: b }'),
      `missing field(s): ${first}.image, ${pod}.containers[1].image`,
    ],
  ]);
});
