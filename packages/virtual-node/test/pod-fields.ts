import type { Pod } from '@ebb/api';
import type { Lookup } from '../src/pods/lookup.ts';
import { emptyLookup } from './empty-lookup.ts';

/** A pod of these fields, written as a spec of its own or of its one container `c` or its init container `i`. */
export interface Part {
  readonly spec?: object;
  readonly container?: object;
  readonly init?: object;
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
/** What it may refer to. */
export const lookup: Lookup = {
  ...emptyLookup,
  configMap: (name) => (name === 'cm' ? { metadata: { name }, data: { a: 'A', 'not a name': 'x' } } : undefined),
  secret: (name) => (name === 's' ? { metadata: { name }, data: { b: encode('B') } } : undefined),
  token: ({ audience = 'api', expirationSeconds = 3600 }) => `token ${audience} ${expirationSeconds}`,
};

export function podOf({ spec, container, init }: Part): Pod {
  const plain = { name: 'c', image: 'img' };
  return {
    metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { team: 'blue' }, annotations: { note: 'n' } },
    spec: {
      nodeName: 'node-a',
      containers: [{ ...plain, ...container }],
      ...(init ? { initContainers: [{ name: 'i', image: 'img', ...init }] } : {}),
      ...spec,
    },
  };
}

export const volume = (source: object): Part => ({
  spec: { volumes: [{ name: 'v', ...source }] },
  container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
});
const env = (...variables: object[]): Part => ({ container: { env: variables } });
const field = (fieldPath: string): Part => env({ name: 'A', valueFrom: { fieldRef: { fieldPath } } });
const resource = (ref: object): Part => ({
  container: {
    env: [{ name: 'A', valueFrom: { resourceFieldRef: ref } }],
    resources: { requests: { cpu: '250m', memory: '1Gi' }, limits: { cpu: '1500m' } },
  },
});
const firstValue = 'Container.1.EnvironmentVar.1.Value';
const firstFile = (path: string, text: string): object => ({
  'Volume.1.Type': 'ConfigFileVolume',
  'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Path': path,
  'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Content': encode(text),
});
export const probe = (kind: string, action: object): Part => ({
  container: { [kind]: { ...action, periodSeconds: 7 } },
});

/** Each field, in a pod that uses it, and what ECI is asked for because of it. */
export const honoured: readonly (readonly [string, Part, object])[] = [
  ['activeDeadlineSeconds', { spec: { activeDeadlineSeconds: 9 } }, { ActiveDeadlineSeconds: '9' }],
  ['dnsConfig', { spec: { dnsConfig: { nameservers: ['10.0.0.2'] } } }, { 'DnsConfig.NameServer.1': '10.0.0.2' }],
  ['dnsPolicy', { spec: { dnsPolicy: 'Default' } }, { DnsPolicy: 'Default' }],
  [
    'hostAliases',
    { spec: { hostAliases: [{ ip: '1.2.3.4', hostnames: ['db'] }] } },
    { 'HostAliase.1.Hostname.1': 'db' },
  ],
  ['hostname', { spec: { hostname: 'web-0' } }, { HostName: 'web-0' }],
  [
    'spec.initContainers["i"].restartPolicy',
    { init: { restartPolicy: 'Always' } },
    {
      'Container.1.Name': 'i',
      'Container.1.EnvironmentVar.1.Key': 'ECI_CONTAINER_TYPE',
      'Container.1.EnvironmentVar.1.Value': 'sidecar',
      'Container.1.EnvironmentVar.3.Key': 'ECI_CONTAINER_LAUNCH_PRIORITY',
      'Container.1.EnvironmentVar.3.Value': '1000',
      'Container.1.EnvironmentVar.4.Key': 'ECI_CONTAINER_EXIT_PRIORITY',
      'Container.1.EnvironmentVar.4.Value': '-1000',
      'Container.2.Name': 'c',
    },
  ],
  ['restartPolicy', { spec: { restartPolicy: 'OnFailure' } }, { RestartPolicy: 'OnFailure' }],
  ['resources', { spec: { resources: { limits: { cpu: '3', memory: '6Gi' } } } }, { Cpu: '3', Memory: '6' }],
  ['shareProcessNamespace', { spec: { shareProcessNamespace: true } }, { ShareProcessNamespace: 'true' }],
  [
    'terminationGracePeriodSeconds',
    { spec: { terminationGracePeriodSeconds: 5 } },
    { TerminationGracePeriodSeconds: '5' },
  ],
  [
    'securityContext.sysctls',
    { spec: { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '9' }] } } },
    { 'HostSecurityContext.Sysctl.1.Value': '9' },
  ],
  [
    'securityContext.runAsUser',
    { spec: { securityContext: { runAsUser: 5 } } },
    { 'Container.1.SecurityContext.RunAsUser': '5' },
  ],
  [
    'securityContext.runAsGroup',
    { spec: { securityContext: { runAsGroup: 5 } } },
    { 'Container.1.SecurityContextRunAsGroup': '5' },
  ],
  [
    'securityContext.runAsNonRoot',
    { container: { securityContext: { runAsNonRoot: true } } },
    { 'Container.1.SecurityContextRunAsNonRoot': 'true' },
  ],
  [
    'securityContext.readOnlyRootFilesystem',
    { container: { securityContext: { readOnlyRootFilesystem: true } } },
    { 'Container.1.SecurityContext.ReadOnlyRootFilesystem': 'true' },
  ],
  [
    'securityContext.capabilities.add',
    { container: { securityContext: { capabilities: { add: ['NET_ADMIN'] } } } },
    { 'Container.1.SecurityContext.Capability.Add.1': 'NET_ADMIN' },
  ],
  ['command', { container: { command: ['sh', '-c'] } }, { 'Container.1.Command.2': '-c' }],
  [
    'args',
    { container: { command: ['run'], args: Array.from({ length: 12 }, (_, index) => `${index}`) } },
    { 'Container.1.Command.13': '11' },
  ],
  ['workingDir', { container: { workingDir: '/srv' } }, { 'Container.1.WorkingDir': '/srv' }],
  ['imagePullPolicy', { container: { imagePullPolicy: 'Always' } }, { 'Container.1.ImagePullPolicy': 'Always' }],
  [
    'ports',
    { container: { ports: [{ containerPort: 53, protocol: 'UDP' }] } },
    { 'Container.1.Port.1.Protocol': 'UDP' },
  ],
  ['stdin', { container: { stdin: true } }, { 'Container.1.Stdin': 'true' }],
  ['stdinOnce', { container: { stdin: true, stdinOnce: true } }, { 'Container.1.StdinOnce': 'true' }],
  ['tty', { container: { tty: true } }, { 'Container.1.Tty': 'true' }],
  ['resources.limits', { container: { resources: { limits: { cpu: '1500m' } } } }, { 'Container.1.Cpu': '1.5' }],
  ['resources.requests', { container: { resources: { requests: { memory: '3Gi' } } } }, { Memory: '3' }],
  [
    'terminationMessagePath',
    { container: { terminationMessagePath: '/end' } },
    { 'Container.1.TerminationMessagePath': '/end' },
  ],
  [
    'terminationMessagePolicy',
    { container: { terminationMessagePolicy: 'FallbackToLogsOnError' } },
    { 'Container.1.TerminationMessagePolicy': 'FallbackToLogsOnError' },
  ],
  [
    'env',
    env({ name: 'B', value: 'b' }, { name: 'A', value: '$(B)$$(B)$(C)' }),
    { 'Container.1.EnvironmentVar.2.Value': 'b$(B)$(C)' },
  ],
  [
    'valueFrom.configMapKeyRef',
    env({ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } }),
    { [firstValue]: 'A' },
  ],
  [
    'valueFrom.secretKeyRef',
    env({ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'b' } } }),
    { [firstValue]: 'B' },
  ],
  [
    'valueFrom.*.optional',
    env(
      { name: 'A', valueFrom: { secretKeyRef: { name: 'no', key: 'b', optional: true } } },
      { name: 'Z', value: 'z' },
    ),
    { [firstValue]: 'z' },
  ],
  [
    'envFrom.prefix',
    { container: { envFrom: [{ prefix: 'X_', configMapRef: { name: 'cm' } }] } },
    { 'Container.1.EnvironmentVar.1.Key': 'X_a' },
  ],
  [
    'envFrom.*.optional',
    { container: { envFrom: [{ secretRef: { name: 'no', optional: true } }] } },
    { 'Container.1.Name': 'c' },
  ],
  ['metadata.name', field('metadata.name'), { [firstValue]: 'p' }],
  ['metadata.namespace', field('metadata.namespace'), { [firstValue]: 'shop' }],
  ['metadata.uid', field('metadata.uid'), { [firstValue]: 'u' }],
  ["metadata.labels['<key>']", field("metadata.labels['team']"), { [firstValue]: 'blue' }],
  ["metadata.annotations['<key>']", field("metadata.annotations['note']"), { [firstValue]: 'n' }],
  ['spec.nodeName', field('spec.nodeName'), { [firstValue]: 'node-a' }],
  ['spec.serviceAccountName', field('spec.serviceAccountName'), { [firstValue]: 'default' }],
  ['status.podIP', field('status.podIP'), { 'Container.1.EnvironmentVar.1.FieldRef.FieldPath': 'status.podIP' }],
  ['status.hostIP', field('status.hostIP'), { 'Container.1.EnvironmentVar.1.FieldRef.FieldPath': 'status.hostIP' }],
  ['resourceFieldRef', resource({ resource: 'limits.memory' }), { [firstValue]: String(2 ** 30) }],
  ['resourceFieldRef.divisor', resource({ resource: 'limits.cpu', divisor: '1m' }), { [firstValue]: '1500' }],
  [
    'lifecycle.postStart',
    { container: { lifecycle: { postStart: { exec: { command: ['a'] } } } } },
    { 'Container.1.LifecyclePostStartHandlerExec.1': 'a' },
  ],
  [
    'lifecycle.preStop',
    { container: { lifecycle: { preStop: { httpGet: { path: '/bye', port: 80 } } } } },
    { 'Container.1.LifecyclePreStopHandlerHttpGetPath': '/bye' },
  ],
  [
    'lifecycle.preStop.sleep',
    { container: { lifecycle: { preStop: { sleep: { seconds: 10 } } } } },
    { TerminationGracePeriodSeconds: '20' },
  ],
  [
    'livenessProbe',
    probe('livenessProbe', { exec: { command: ['ok'] } }),
    { 'Container.1.LivenessProbe.PeriodSeconds': '7' },
  ],
  [
    'readinessProbe',
    probe('readinessProbe', { httpGet: { port: 80 } }),
    { 'Container.1.ReadinessProbe.HttpGet.Port': '80' },
  ],
  [
    'startupProbe',
    probe('startupProbe', { exec: { command: ['up'] } }),
    { 'Container.1.ReadinessProbe.Exec.Command.1': 'up' },
  ],
  [
    '*Probe.grpc',
    probe('livenessProbe', { grpc: { port: 80 } }),
    { 'Container.1.LivenessProbe.PeriodSeconds': undefined },
  ],
  [
    'volumeMounts.readOnly',
    { ...volume({ emptyDir: {} }), container: { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] } },
    { 'Container.1.VolumeMount.1.ReadOnly': 'true' },
  ],
  [
    'volumeMounts.subPath',
    { ...volume({ emptyDir: {} }), container: { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'x' }] } },
    { 'Container.1.VolumeMount.1.SubPath': 'x' },
  ],
  [
    'volumeMounts.subPathExpr',
    {
      ...volume({ emptyDir: {} }),
      container: {
        env: [{ name: 'X', value: 'x' }],
        volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: 'a/$(X)' }],
      },
    },
    { 'Container.1.VolumeMount.1.SubPath': 'a/x' },
  ],
  [
    'volumeMounts.mountPropagation',
    {
      ...volume({ emptyDir: {} }),
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'HostToContainer' }] },
    },
    { 'Container.1.VolumeMount.1.MountPropagation': 'HostToContainer' },
  ],
  ['configMap', volume({ configMap: { name: 'cm', items: [{ key: 'a', path: 'x' }] } }), firstFile('x', 'A')],
  [
    '*.defaultMode',
    volume({ secret: { secretName: 's', defaultMode: 0o400 } }),
    { 'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Mode': '256' },
  ],
  ['secret', volume({ secret: { secretName: 's' } }), firstFile('b', 'B')],
  ['*.optional', volume({ configMap: { name: 'no', optional: true } }), { 'Volume.1.Type': 'ConfigFileVolume' }],
  [
    'downwardAPI',
    volume({ downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
    firstFile('l', 'team="blue"'),
  ],
  [
    'projected.serviceAccountToken',
    volume({ projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'x', expirationSeconds: 600 } }] } }),
    firstFile('t', 'token x 600'),
  ],
  ['emptyDir.medium', volume({ emptyDir: { medium: 'Memory' } }), { 'Volume.1.EmptyDirVolume.Medium': 'Memory' }],
  ['emptyDir.sizeLimit', volume({ emptyDir: { sizeLimit: '1Gi' } }), { 'Volume.1.EmptyDirVolume.SizeLimit': '1024Mi' }],
  ['nfs', volume({ nfs: { server: 's', path: '/p' } }), { 'Volume.1.NFSVolume.Server': 's' }],
  [
    'flexVolume',
    volume({ flexVolume: { driver: 'alicloud/oss', options: { bucket: 'b' } } }),
    { 'Volume.1.FlexVolume.Options': '{"bucket":"b"}' },
  ],
];
