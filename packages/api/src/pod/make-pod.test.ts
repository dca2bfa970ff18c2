import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseServingConfig } from '../config/serving-config.ts';
import type { Container, PodSpec } from '../core.ts';
import type { Revision } from '../serving.ts';
import { makePod } from './make-pod.ts';
import { protocolOf, readinessProbeOf, servingContainer, userPortOf } from './serving-container.ts';

/** The Revision `hello-00001` with this spec, in YAML. */
const revision = (spec: string, metadata = {}): Revision => ({
  metadata: {
    name: 'hello-00001',
    namespace: 'default',
    uid: 'u1',
    labels: {
      'serving.knative.dev/service': 'hello',
      'serving.knative.dev/configuration': 'hello',
      'serving.knative.dev/routingState': 'active',
      'serving.knative.dev/route': 'hello',
      team: 'blue',
    },
    annotations: {
      'autoscaling.knative.dev/target': '10',
      'serving.knative.dev/routes': 'hello',
      'serving.knative.dev/routingStateModified': '2026-01-01T00:00:00Z',
      'serving.knative.dev/no-gc': 'true',
      'serving.knative.dev/lastPinned': '1',
      note: 'kept',
    },
    ...metadata,
  },
  spec: parse(`{ ${spec} }`),
});

const one = 'containers: [{ name: user-container, image: dev.local/hello }]';
const specOf = (spec: string, maps: Record<string, Record<string, string>> = {}): PodSpec =>
  makePod({ revision: revision(spec), podName: 'p', config: parseServingConfig(maps) }).spec;
const containerOf = (container: string, maps = {}): Container | undefined =>
  specOf(`containers: [{ name: c, image: i, ${container} }]`, maps).containers[0];

describe('makePod', () => {
  it('makes the whole of a hello world', () => {
    const pod = makePod({
      revision: revision(`${one}, containerConcurrency: 1, timeoutSeconds: 60`),
      podName: 'hello-x',
      nodeName: 'n1',
    });
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'hello-x',
        namespace: 'default',
        labels: {
          app: 'hello-00001',
          team: 'blue',
          'serving.knative.dev/service': 'hello',
          'serving.knative.dev/configuration': 'hello',
          'serving.knative.dev/revision': 'hello-00001',
          'serving.knative.dev/revisionUID': 'u1',
        },
        annotations: { note: 'kept', 'kubectl.kubernetes.io/default-container': 'user-container' },
        ownerReferences: [
          {
            apiVersion: 'serving.knative.dev/v1',
            kind: 'Revision',
            name: 'hello-00001',
            uid: 'u1',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        containers: [
          {
            name: 'user-container',
            image: 'dev.local/hello',
            env: [
              { name: 'PORT', value: '8080' },
              { name: 'K_REVISION', value: 'hello-00001' },
              { name: 'K_CONFIGURATION', value: 'hello' },
              { name: 'K_SERVICE', value: 'hello' },
            ],
            ports: [{ name: 'user-port', containerPort: 8080, protocol: 'TCP' }],
            terminationMessagePolicy: 'FallbackToLogsOnError',
            stdin: false,
            tty: false,
          },
        ],
        nodeName: 'n1',
        restartPolicy: 'Always',
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 60,
        tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: { matchLabels: { 'serving.knative.dev/revision': 'hello-00001' } },
                },
              },
            ],
          },
        },
      },
    });
  });

  it('keeps the user’s label app, and has an empty K_SERVICE without a Service', () => {
    const of = revision(one, { labels: { app: 'mine', 'serving.knative.dev/configuration': 'c' } });
    const pod = makePod({ revision: of, podName: 'p' });
    expect(pod.metadata.labels).toMatchObject({ app: 'mine' });
    expect(pod.spec.containers[0]?.env?.at(-1)).toEqual({ name: 'K_SERVICE', value: '' });
    expect(pod.spec.terminationGracePeriodSeconds).toBe(300);
  });

  const given: readonly string[] = [
    'volumes: [{ name: a, emptyDir: { medium: Memory } }, { name: b, projected: { sources: [{ secret: { name: s } }] } }, { name: c, persistentVolumeClaim: { claimName: c } }, { name: d, configMap: { name: c } }, { name: e, csi: { driver: d } }, { name: f, hostPath: { path: /x } }, { name: g, ephemeral: {} }, { name: h, image: { reference: r } }]',
    'serviceAccountName: robot',
    'automountServiceAccountToken: false',
    'imagePullSecrets: [{ name: s }]',
    'securityContext: { runAsUser: 5, fsGroup: 6 }',
    'nodeSelector: { disk: ssd }',
    'affinity: { nodeAffinity: {} }',
    'topologySpreadConstraints: [{ maxSkew: 1 }]',
    'hostAliases: [{ ip: 1.2.3.4 }]',
    'runtimeClassName: kata',
    'shareProcessNamespace: true',
    'priorityClassName: high',
    'schedulerName: other',
    'dnsPolicy: None',
    'dnsConfig: { nameservers: [1.1.1.1] }',
    'hostIPC: true',
    'hostPID: true',
    'hostNetwork: true',
    'enableServiceLinks: true',
  ];

  it.each(given)('passes on %s', (field) => {
    expect(specOf(`${one}, ${field}`)).toMatchObject(parse(`{ ${field} }`));
  });

  it('tolerates what the user does, and the virtual node', () => {
    expect(specOf(`${one}, tolerations: [{ key: a }]`).tolerations?.map(({ key }) => key)).toEqual([
      'a',
      'virtual-kubelet.io/provider',
    ]);
  });

  it.each([
    ['no affinity where the configuration says so', { 'default-affinity-type': 'none' }, 'affinity', undefined],
    ['a class for all', { 'runtime-class-name': 'kata: {}' }, 'runtimeClassName', 'kata'],
    [
      'the class whose selector says most',
      { 'runtime-class-name': 'kata: {}\nblue: { selector: { team: blue } }\nred: { selector: { team: red } }' },
      'runtimeClassName',
      'blue',
    ],
    ['the first by name of equals', { 'runtime-class-name': 'b: {}\na: {}' }, 'runtimeClassName', 'a'],
    [
      'no class where none matches',
      { 'runtime-class-name': 'red: { selector: { team: red } }' },
      'runtimeClassName',
      undefined,
    ],
  ])('gives %s', (_, deployment, field, wanted) => {
    expect(specOf(one, { 'config-deployment': deployment })[field]).toEqual(wanted);
  });

  it('leaves a class of the user’s own alone', () => {
    const deployment = { 'config-deployment': { 'runtime-class-name': 'kata: {}' } };
    expect(specOf(`${one}, runtimeClassName: mine`, deployment)).toMatchObject({ runtimeClassName: 'mine' });
  });

  it.each([
    ['true', true],
    ['false', false],
    ['default', undefined],
  ])('has service links as configured: %s', (text, value) => {
    expect(specOf(one, { 'config-defaults': { 'enable-service-links': text } }).enableServiceLinks).toBe(value);
  });
});

describe('a container of a pod', () => {
  it('has the user’s variables first, PORT only where requests go, and ports only there', () => {
    const { containers } = specOf(
      'containers: [{ name: a, image: i, env: [{ name: A }], ports: [{ name: h2c, containerPort: 9000 }] }, { name: b, image: j, env: [{ name: B }] }]',
    );
    expect(containers.map(({ env }) => env?.map(({ name }) => name))).toEqual([
      ['A', 'PORT', 'K_REVISION', 'K_CONFIGURATION', 'K_SERVICE'],
      ['B', 'K_REVISION', 'K_CONFIGURATION', 'K_SERVICE'],
    ]);
    expect(containers[0]?.env?.[1]?.value).toBe('9000');
    expect(containers[0]?.ports).toEqual([{ name: 'user-port', containerPort: 9000, protocol: 'TCP' }]);
    expect(containers[1]).not.toHaveProperty('ports');
  });

  it.each([
    'command: [a], args: [b], workingDir: /w',
    'envFrom: [{ secretRef: { name: s } }]',
    'resources: { limits: { cpu: "1" } }',
    'volumeMounts: [{ name: a, mountPath: /a, readOnly: true }]',
    'securityContext: { runAsUser: 5 }',
    'imagePullPolicy: Always',
    'terminationMessagePath: /m, terminationMessagePolicy: File',
  ])('keeps %s', (fields) => {
    expect(containerOf(fields)).toMatchObject(parse(`{ ${fields} }`));
  });

  const custom: Record<string, Record<string, string>> = {
    'config-features': { 'multi-container-probing': 'Enabled' },
  };

  it.each([
    ['readinessProbe: { httpGet: { path: /r, port: 0 } }', { httpGet: { path: '/r', port: 8080 }, periodSeconds: 1 }],
    [
      'readinessProbe: { httpGet: { port: 80, scheme: http } }',
      { httpGet: { port: 80, scheme: 'HTTP' }, periodSeconds: 1 },
    ],
    ['readinessProbe: { tcpSocket: { port: 0 }, periodSeconds: 0 }', { tcpSocket: { port: 8080 }, periodSeconds: 1 }],
    ['readinessProbe: { grpc: { port: 99 }, periodSeconds: 7 }', { grpc: { port: 99 }, periodSeconds: 7 }],
    ['readinessProbe: { exec: { command: [a] } }', { exec: { command: ['a'] }, periodSeconds: 1 }],
    ['livenessProbe: { httpGet: { path: /l } }', { httpGet: { path: '/l', port: 8080 } }],
    ['livenessProbe: { httpGet: { port: 99 } }', { httpGet: { port: 8080 } }],
    ['livenessProbe: { tcpSocket: { port: http } }', { tcpSocket: { port: 8080 } }],
    ['livenessProbe: { tcpSocket: { port: 99 } }', { tcpSocket: { port: 99 } }, custom],
    ['livenessProbe: { tcpSocket: { port: 0 } }', { tcpSocket: { port: 8080 } }, custom],
    ['livenessProbe: { grpc: { port: 99 } }', { grpc: { port: 99 } }],
    ['startupProbe: { httpGet: { port: 99 }, periodSeconds: 2 }', { httpGet: { port: 99 }, periodSeconds: 2 }],
    ['startupProbe: { tcpSocket: {} }', { tcpSocket: { port: 8080 } }],
  ])('with %s is probed so', (probe, wanted, maps: Record<string, Record<string, string>> = {}) => {
    const container = containerOf(probe, maps);
    expect([container?.readinessProbe, container?.livenessProbe, container?.startupProbe].filter(Boolean)).toEqual([
      wanted,
    ]);
  });

  it('beside the one with ports keeps its probes, but for how often', () => {
    const { containers } = specOf(
      'containers: [{ name: a, image: i, ports: [{}] }, { name: b, image: j, livenessProbe: { tcpSocket: { port: 81 } }, readinessProbe: { httpGet: { port: 82 } } }]',
    );
    expect(containers[1]).toMatchObject({
      livenessProbe: { tcpSocket: { port: 81 } },
      readinessProbe: { httpGet: { port: 82 }, periodSeconds: 1 },
    });
  });

  it('runs images by their digests; those that run first are otherwise as given', () => {
    const of: Revision = {
      ...revision(`${one}, initContainers: [{ name: init, image: dev.local/init, env: [{ name: A }] }]`),
      status: {
        containerStatuses: [{ name: 'user-container', imageDigest: 'dev.local/hello@sha256:1' }],
        initContainerStatuses: [{ name: 'init', imageDigest: 'dev.local/init@sha256:2' }, { name: 'other' }],
      },
    };
    const { containers, initContainers } = makePod({ revision: of, podName: 'p' }).spec;
    expect(containers[0]?.image).toBe('dev.local/hello@sha256:1');
    expect(initContainers).toEqual([{ name: 'init', image: 'dev.local/init@sha256:2', env: [{ name: 'A' }] }]);
  });
});

describe('the serving container', () => {
  const app: Container = { name: 'user-container', image: 'dev.local/hello' };

  it('is the only one, or the one with ports', () => {
    const spec = { containers: [app, { ...app, name: 'b', ports: [{ name: 'h2c' }] }] };
    expect(servingContainer({ containers: [app] })?.name).toBe('user-container');
    expect(servingContainer(spec)?.name).toBe('b');
    expect([userPortOf(spec), protocolOf(spec)]).toEqual([8080, 'h2c']);
  });

  it('is ready when its port takes connections, unless its probe says otherwise', () => {
    expect(readinessProbeOf({ containers: [app] })).toEqual({ tcpSocket: { port: 8080 } });
    const grpc = { ...app, ports: [{ containerPort: 9000 }], readinessProbe: { grpc: {} } };
    expect(readinessProbeOf({ containers: [grpc] })).toEqual({ grpc: { port: 9000 } });
  });
});
