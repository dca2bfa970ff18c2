import { describe, expect, it } from 'vitest';
import { parseServingConfig } from '../../src/index.ts';
import { admit } from '../admit.ts';
import { type More, checkRules, features, first, flags, lines, pod, withContainer, withContainers } from './rules.ts';

const max = 2147483647;
const own = (context: string): unknown => withContainer(`securityContext: { ${context} }`);
const shared = (context: string): unknown => withContainers('{ image: a1 }', `securityContext: { ${context} }`);
const secure = flags('AllowRootBounded', 'secure-pod-defaults');
const podContext: More = features('kubernetes.podspec-securitycontext');

describe('7.6 security context of a container', () => {
  checkRules([
    [
      'what is allowed',
      own(
        `runAsUser: 0, runAsGroup: ${max}, runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: true, privileged: false, seccompProfile: { type: Localhost, localhostProfile: p }, capabilities: { drop: [ALL] }`,
      ),
      'admitted',
    ],
    ['a negative user', own('runAsUser: -10'), `expected 0 <= -10 <= ${max}: ${first}.securityContext.runAsUser`],
    [
      'too high a group',
      own('runAsGroup: 2147483648'),
      `expected 0 <= 2147483648 <= ${max}: ${first}.securityContext.runAsGroup`,
    ],
    ['privileged', own('privileged: true'), `must not set the field(s): ${first}.securityContext.privileged`],
    ...['seLinuxOptions: { user: a }', 'procMount: Default', 'windowsOptions: { hostProcess: true }']
      .concat('appArmorProfile: { type: RuntimeDefault }')
      .map((field) => {
        const path = `${first}.securityContext.${field.replace(/:.*/, '')}`;
        return [field, own(field), `must not set the field(s): ${path}`] as const;
      }),
    [
      'more capabilities',
      own('capabilities: { add: [NET_BIND_SERVICE] }'),
      `must not set the field(s): ${first}.securityContext.capabilities.add`,
    ],
    [
      'more capabilities, with their flag',
      own('capabilities: { add: [NET_ADMIN] }'),
      'admitted',
      features('kubernetes.containerspec-addcapabilities'),
    ],
    [
      'more capabilities, with their flag only allowed',
      own('capabilities: { add: [NET_ADMIN] }'),
      `must not set the field(s): ${first}.securityContext.capabilities.add`,
      flags('Allowed', 'kubernetes.containerspec-addcapabilities'),
    ],
    ['that of low ports, with secure defaults', own('capabilities: { add: [NET_BIND_SERVICE] }'), 'admitted', secure],
    [
      'another beside it, with secure defaults',
      own('capabilities: { add: [NET_BIND_SERVICE, NET_ADMIN] }'),
      `must not set the field(s): ${first}.securityContext.capabilities.add`,
      secure,
    ],
  ]);
});

describe('7.6 security context of a pod', () => {
  checkRules([
    [
      'without the flag: the field, and what is in it',
      shared('runAsUser: 5, fsGroup: 5'),
      `must not set the field(s): ${pod}.securityContext, ${pod}.securityContext.fsGroup, ${pod}.securityContext.runAsUser`,
    ],
    [
      'with the flag',
      shared(
        'runAsUser: 1, runAsGroup: 2, runAsNonRoot: true, fsGroup: 3, supplementalGroups: [4], seccompProfile: { type: RuntimeDefault }',
      ),
      'admitted',
      podContext,
    ],
    [
      'with the flag, and fields that never go',
      shared('seLinuxOptions: { user: a }, sysctls: [{ name: a, value: b }], fsGroupChangePolicy: Always'),
      `must not set the field(s): ${pod}.securityContext.fsGroupChangePolicy, ${pod}.securityContext.seLinuxOptions, ${pod}.securityContext.sysctls`,
      podContext,
    ],
    [
      'with the flag, and ids out of range',
      shared('runAsUser: -1, runAsGroup: -1, fsGroup: -1, supplementalGroups: [5, -1]'),
      `expected 0 <= -1 <= ${max}: ${pod}.securityContext.fsGroup, ${pod}.securityContext.runAsGroup, ${pod}.securityContext.runAsUser, ${pod}.securityContext.supplementalGroups[1]`,
      podContext,
    ],
    ['a profile, with secure defaults', shared('seccompProfile: { type: Unconfined }'), 'admitted', secure],
    [
      'a profile of the node, with secure defaults',
      shared('seccompProfile: { type: Localhost, localhostProfile: p }'),
      `must not set the field(s): ${pod}.securityContext.seccompProfile`,
      secure,
    ],
    [
      'a user, with secure defaults',
      shared('runAsUser: 5'),
      `must not set the field(s): ${pod}.securityContext.runAsUser`,
      secure,
    ],
  ]);
});

const insecure =
  "Kubernetes' default is insecure here and may be replaced by a safer one some day; set it to be sure: ";
const unset = (...fields: string[]): string => insecure + fields.map((field) => `${first}.${field}`).join(', ');

describe('6 warnings of insecure defaults', () => {
  const warnings = (context: string, more = '', config = {}): string =>
    admit(withContainer(context, more), { config: parseServingConfig({ 'config-features': config }) }).warnings.join(
      '\n',
    );
  const all = 'runAsNonRoot: true, allowPrivilegeEscalation: false, seccompProfile: { type: RuntimeDefault }';

  it.each([
    [
      'name: a',
      unset(
        'securityContext.allowPrivilegeEscalation',
        'securityContext.capabilities',
        'securityContext.runAsNonRoot',
        'securityContext.seccompProfile',
      ),
    ],
    [`securityContext: { ${all}, capabilities: { drop: [ALL] } }`, ''],
    [`securityContext: { ${all}, capabilities: {} }`, unset('securityContext.capabilities.drop')],
    [
      `securityContext: { ${all}, capabilities: { drop: [all] } }`,
      `invalid value: all: ${first}.securityContext.capabilities.drop`,
    ],
    [
      'securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: true, seccompProfile: {}, capabilities: { drop: [A] } }',
      unset('securityContext.seccompProfile.type'),
    ],
  ])('of a container with %s', (context, text) => {
    expect(warnings(context)).toBe(text);
  });

  it('counts what the pod says, and names init containers as such', () => {
    const flagged = {
      'kubernetes.podspec-securitycontext': 'Enabled',
      'kubernetes.podspec-init-containers': 'Enabled',
    };
    const context = 'securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }';
    const ofPod = 'securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }';
    expect(warnings(context, ofPod, flagged)).toBe('');
    expect(warnings(context, `${ofPod}, initContainers: [{ image: b1 }]`, flagged)).toBe(
      lines(
        `${insecure}${pod}.initContainers[0].securityContext.allowPrivilegeEscalation, ${pod}.initContainers[0].securityContext.capabilities`,
      ),
    );
  });

  it('gives none where secure defaults are on, nor where the write is refused', () => {
    expect(warnings('name: a', '', { 'secure-pod-defaults': 'Enabled' })).toBe('');
    expect(() => warnings('name: queue-proxy')).toThrow('reserved container name');
  });
});
