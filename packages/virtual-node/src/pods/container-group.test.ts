import type { Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { makeContainerGroup } from './container-group.ts';
import { emptyLookup } from '../../test/empty-lookup.ts';
import { MissingReference } from './missing.ts';

const pod = (spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: {
    name: 'hello-00001-deployment-abcde',
    namespace: 'default',
    uid: 'u-1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { nodeName: 'n1', containers: [{ name: 'user-container', image: 'dev.local/hello' }], ...spec },
});

describe('makeContainerGroup', () => {
  it('makes the pod’s UID the token, so that a create asked twice gives one group', () => {
    const group = makeContainerGroup(pod(), emptyLookup);
    expect(group).toMatchObject({
      clientToken: 'u-1',
      containerGroupName: 'default-hello-00001-deployment-abcde',
      restartPolicy: 'Always',
    });
    expect(
      Object.fromEntries((group.tag as { key: string; value: string }[]).map(({ key, value }) => [key, value])),
    ).toEqual({
      NodeName: 'n1',
      NameSpace: 'default',
      PodName: 'hello-00001-deployment-abcde',
      UID: 'u-1',
      CreationTimestamp: '2026-01-01T00:00:00Z',
    });
  });

  it('passes probes on in whole seconds, with a port', () => {
    const probes = {
      readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 0 },
      livenessProbe: { tcpSocket: { port: 9000 }, failureThreshold: 2 },
    };
    const [container] = makeContainerGroup(pod({ containers: [{ name: 'c', image: 'i', ...probes }] }), emptyLookup)
      .container as object[];
    expect(container).toMatchObject({
      readinessProbe: { httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' }, periodSeconds: 1 },
      livenessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 10, failureThreshold: 2 },
    });
  });

  it('asks for disk beside the 30 GiB that are there anyway, and mounts below a volume by the environment', () => {
    const volumeMounts = [{ name: 'v', mountPath: '/v', subPathExpr: '$(POD)/x' }];
    const resources = { limits: { 'ephemeral-storage': '20Gi' } };
    const env = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    const containers = ['a', 'b'].map((name) => ({ name, image: 'i', resources, env, volumeMounts }));
    expect(makeContainerGroup(pod({ containers, volumes: [{ name: 'v', emptyDir: {} }] }), emptyLookup)).toMatchObject({
      ephemeralStorage: 10,
      container: [{ volumeMount: [{ subPath: 'hello-00001-deployment-abcde/x' }] }, {}],
    });
  });

  it('finds the port of a probe by its name, or takes the first', () => {
    const ports = [
      { name: 'web', containerPort: 8080 },
      { name: 'admin', containerPort: 9090 },
    ];
    const probes = { readinessProbe: { httpGet: { port: 'admin' } }, livenessProbe: { tcpSocket: {} } };
    const [container] = makeContainerGroup(
      pod({ containers: [{ name: 'c', image: 'i', ports, ...probes }] }),
      emptyLookup,
    ).container as object[];
    expect(container).toMatchObject({
      readinessProbe: { httpGet: { port: 9090 } },
      livenessProbe: { tcpSocket: { port: 8080 } },
    });
  });

  it.each([
    [{}, { cpu: 2, memory: 4 }],
    [{ requests: { cpu: '500m', memory: '1Gi' } }, { cpu: 0.5, memory: 1 }],
    // Sold as 2 vCPU and 1 GiB, the least there is with so many.
    [{ requests: { cpu: 2 } }, { cpu: 2, memory: 0.5 }],
    [{ requests: { memory: '8Gi' } }, { cpu: 2, memory: 8 }],
    [
      { requests: { cpu: '500m' }, limits: { cpu: 1, memory: '512Mi' } },
      { cpu: 1, memory: 0.5 },
    ],
  ])('asks for the size of %j', (resources, size) => {
    expect(makeContainerGroup(pod({ containers: [{ name: 'c', image: 'i', resources }] }), emptyLookup)).toMatchObject(
      size,
    );
  });

  it('turns ConfigMaps into files, and refuses volumes it cannot give', () => {
    const volumes = [{ name: 'v', configMap: { name: 'config', items: [{ key: 'a', path: 'x/a', mode: 0o400 }] } }];
    const lookup = { ...emptyLookup, configMap: () => ({ metadata: {}, data: { a: 'text', b: 'other' } }) };
    expect(makeContainerGroup(pod({ volumes }), lookup).volume).toEqual([
      {
        name: 'v',
        type: 'ConfigFileVolume',
        configFileVolume: {
          configFileToPath: [{ path: 'x/a', mode: 0o400, content: Buffer.from('text').toString('base64') }],
        },
      },
    ]);
    expect(() => makeContainerGroup(pod({ volumes }), emptyLookup)).toThrow(
      new MissingReference('MountVolume.SetUp failed for volume "v" : configmap "config" not found'),
    );
    expect(() => makeContainerGroup(pod({ volumes: [{ name: 'v', hostPath: {} }] }), emptyLookup)).toThrow(
      'spec.volumes["v"].hostPath: this node has no hostPath volumes',
    );
  });

  it('has ECI’s field for names, hosts, kernel parameters, hooks, GPUs and sidecars that are not counted', () => {
    const spec = {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.0.0.2'], searches: ['shop'], options: [{ name: 'ndots', value: '2' }] },
      hostAliases: [{ ip: '10.1.1.1', hostnames: ['db'] }],
      shareProcessNamespace: true,
      securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1024' }] },
      containers: [
        {
          name: 'c',
          image: 'i',
          ports: [{ name: 'web', containerPort: 8080 }],
          resources: { limits: { cpu: '4', memory: '8Gi', 'nvidia.com/gpu': '1' } },
          lifecycle: {
            postStart: { exec: { command: ['touch', '/x'] } },
            preStop: { httpGet: { path: '/bye', port: 'web' } },
          },
        },
        {
          name: 'sidecar',
          image: 'i',
          env: [{ name: '__ECI_RESOURCE_IGNORE__', value: 'TRUE' }],
          resources: { limits: { cpu: '1', memory: '1Gi' } },
        },
      ],
    } as unknown as Pod['spec'];
    const group = makeContainerGroup(pod(spec), emptyLookup);
    expect(group).toMatchObject({
      cpu: 4,
      memory: 8,
      dnsPolicy: 'None',
      dnsConfig: { nameServer: ['10.0.0.2'], search: ['shop'], option: [{ name: 'ndots', value: '2' }] },
      hostAliase: [{ ip: '10.1.1.1', hostname: ['db'] }],
      shareProcessNamespace: true,
      hostSecurityContext: { sysctl: [{ name: 'net.core.somaxconn', value: '1024' }] },
      container: [
        {
          gpu: 1,
          lifecyclePostStartHandlerExec: ['touch', '/x'],
          lifecyclePreStopHandlerHttpGetPath: '/bye',
          lifecyclePreStopHandlerHttpGetPort: 8080,
        },
        { name: 'sidecar' },
      ],
    });
  });
});
