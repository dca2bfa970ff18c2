import { describe, expect, it } from 'vitest';
import { type ServingConfig, parseServingConfig } from '../src/index.ts';
import { admit, refusal, withContainer } from './admit.ts';

const features = (flags: Record<string, string>): ServingConfig => parseServingConfig({ 'config-features': flags });
const path = 'spec.template.spec';
const mount = 'volumeMounts: [{ name: v, mountPath: /v }]';

const behindFlags: [flags: string[], container: string, pod: string][] = [
  [['kubernetes.podspec-affinity'], '', 'affinity: { nodeAffinity: {} }'],
  [['kubernetes.podspec-nodeselector'], '', 'nodeSelector: { disk: ssd }'],
  [['kubernetes.podspec-tolerations'], '', 'tolerations: [{ key: a }]'],
  [['kubernetes.podspec-hostaliases'], '', 'hostAliases: [{ ip: 127.0.0.1 }]'],
  [['kubernetes.podspec-runtimeclassname'], '', 'runtimeClassName: rund'],
  [['kubernetes.podspec-priorityclassname'], '', 'priorityClassName: high'],
  [['kubernetes.podspec-schedulername'], '', 'schedulerName: other'],
  [['kubernetes.podspec-dnspolicy'], '', 'dnsPolicy: Default'],
  [['kubernetes.podspec-dnsconfig'], '', 'dnsConfig: { nameservers: [1.1.1.1] }'],
  [['kubernetes.podspec-hostnetwork'], '', 'hostNetwork: true'],
  [['kubernetes.podspec-shareprocessnamespace'], '', 'shareProcessNamespace: true'],
  [['kubernetes.podspec-topologyspreadconstraints'], '', 'topologySpreadConstraints: [{ maxSkew: 1 }]'],
  [['kubernetes.podspec-securitycontext'], '', 'securityContext: { fsGroup: 5, supplementalGroups: [7] }'],
  [['kubernetes.podspec-init-containers'], '', `initContainers: [{ image: b1, ports: [{ name: x }, { name: y }] }]`],
  [['kubernetes.podspec-fieldref'], 'env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]', ''],
  [['kubernetes.containerspec-addcapabilities'], 'securityContext: { capabilities: { add: [NET_ADMIN] } }', ''],
  [
    ['kubernetes.podspec-persistent-volume-claim', 'kubernetes.podspec-persistent-volume-write'],
    mount,
    'volumes: [{ name: v, persistentVolumeClaim: { claimName: c } }]',
  ],
  [['kubernetes.podspec-volumes-hostpath'], mount, 'volumes: [{ name: v, hostPath: { path: /x } }]'],
  [['kubernetes.podspec-volumes-csi'], mount, 'volumes: [{ name: v, csi: { driver: d } }]'],
  [['kubernetes.podspec-volumes-ephemeral'], mount, 'volumes: [{ name: v, ephemeral: {} }]'],
  [['kubernetes.podspec-volumes-image'], mount, 'volumes: [{ name: v, image: { reference: files:1 } }]'],
  [
    ['kubernetes.podspec-volumes-mount-propagation'],
    'volumeMounts: [{ name: v, mountPath: /v, mountPropagation: HostToContainer }]',
    'volumes: [{ name: v, emptyDir: {} }]',
  ],
];

describe('a feature', () => {
  it.each(behindFlags)('%j lets in %s %s, which is refused without it', (flags, container, pod) => {
    const manifest = withContainer(`{ image: a1, ${container} }`, pod && `, ${pod}`);
    const enabled = features(Object.fromEntries(flags.map((flag) => [flag, 'enabled'])));
    expect(refusal(() => admit(manifest, { config: enabled }))).toBe('admitted');
    expect(refusal(() => admit(manifest))).toContain('validation failed: ');
  });

  it('that is only allowed permits what it permits, and no more', () => {
    const selector = withContainer('{ image: a1 }', ', nodeSelector: { disk: ssd }');
    expect(refusal(() => admit(selector, { config: features({ 'kubernetes.podspec-nodeselector': 'Allowed' }) }))).toBe(
      'admitted',
    );
    const init = withContainer('{ image: a1 }', ', initContainers: [{ image: b1 }]');
    expect(refusal(() => admit(init, { config: features({ 'kubernetes.podspec-init-containers': 'Allowed' }) }))).toBe(
      'validation failed: pod spec support for init-containers is off, but found 1 init containers: ',
    );
  });

  it('multi-container can be switched off', () => {
    const pair = withContainer('{ image: a1, ports: [{ containerPort: 80 }] }, { image: b1 }');
    expect(refusal(() => admit(pair, { config: features({ 'multi-container': 'Allowed' }) }))).toBe(
      'validation failed: multi-container is off, but found 2 containers: ',
    );
  });

  it('multi-container-probing lets sidecars have probes, with ports', () => {
    const config = features({ 'multi-container-probing': 'Enabled' });
    const pair = (probe: string): ReturnType<typeof withContainer> =>
      withContainer(`{ image: a1, ports: [{ containerPort: 80 }] }, { image: b1, livenessProbe: ${probe} }`);
    expect(refusal(() => admit(pair('{ tcpSocket: { port: 81 } }'), { config }))).toBe('admitted');
    expect(refusal(() => admit(pair('{ tcpSocket: {} }'), { config }))).toBe(
      `validation failed: invalid value: 0: ${path}.containers[1].livenessProbe.tcpSocket.port\nProbe port must be specified`,
    );
    expect(refusal(() => admit(pair('{ tcpSocket: { port: 81 } }')))).toBe(
      `validation failed: must not set the field(s): ${path}.containers[1].livenessProbe`,
    );
  });

  it('init-containers forbids them probes', () => {
    const config = features({ 'kubernetes.podspec-init-containers': 'Enabled' });
    const init = withContainer('{ image: a1 }', ', initContainers: [{ image: b1, livenessProbe: { exec: {} } }]');
    expect(refusal(() => admit(init, { config }))).toBe(
      `validation failed: field not allowed in an init container: ${path}.containers[0].livenessProbe`,
    );
  });

  it('secure-pod-defaults permits the capability low ports need, and a pod’s seccomp profile', () => {
    const config = features({ 'secure-pod-defaults': 'AllowRootBounded' });
    const low = withContainer(
      '{ image: a1, securityContext: { capabilities: { add: [NET_BIND_SERVICE] } } }',
      ', securityContext: { seccompProfile: { type: RuntimeDefault } }',
    );
    expect(refusal(() => admit(low, { config }))).toBe('admitted');
    expect(refusal(() => admit(low))).toContain('must not set the field(s): ');
    const local = withContainer('{ image: a1 }', ', securityContext: { seccompProfile: { type: Localhost } }');
    expect(refusal(() => admit(local, { config }))).toBe(
      `validation failed: invalid value: Localhost: ${path}.securityContext.seccompProfile.type`,
    );
  });
});

describe('a default of the cluster', () => {
  const config = parseServingConfig({
    'config-defaults': {
      'revision-timeout-seconds': '20',
      'max-revision-timeout-seconds': '30',
      'revision-response-start-timeout-seconds': '15',
      'revision-idle-timeout-seconds': '10',
      'revision-cpu-request': '250m',
      'revision-memory-limit': '1Gi',
      'container-name-template': '{{.Name}}-app',
      'allow-container-concurrency-zero': 'false',
      'container-concurrency': '7',
      'enable-service-links': 'default',
    },
  });

  it('fills what a manifest leaves open, and nothing else', () => {
    const { object } = admit(withContainer('{ image: a1, resources: { requests: { cpu: 1 } } }'), { config });
    expect(object).toMatchObject({
      spec: {
        template: {
          spec: {
            timeoutSeconds: 20,
            responseStartTimeoutSeconds: 15,
            idleTimeoutSeconds: 10,
            containerConcurrency: 7,
            containers: [{ name: 'hello-app', resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } }],
          },
        },
      },
    });
    expect(object).not.toHaveProperty('spec.template.spec.enableServiceLinks');
  });

  it('bounds what a manifest may ask', () => {
    const manifest = withContainer('{ image: a1 }', ', timeoutSeconds: 31, containerConcurrency: 0');
    expect(refusal(() => admit(manifest, { config }))).toBe(
      `validation failed: expected 0 <= 31 <= 30: ${path}.timeoutSeconds\nexpected 1 <= 0 <= 1000: ${path}.containerConcurrency`,
    );
  });
});
