import { createHash } from 'node:crypto';
import { type CoreService, type EndpointSlice, type Endpoints, type Pod, keys } from '@ebb/api';

/** What tells where the pods of a Service are reached: Endpoints, and slices by the ports that their pods have in common. */
export interface ServiceEndpoints {
  readonly endpoints: Endpoints;
  readonly slices: readonly EndpointSlice[];
}

type Port = NonNullable<EndpointSlice['ports']>[number];

/** Pods that listen on the same ports. */
interface Group {
  readonly ports: Port[];
  readonly pods: Pod[];
}

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';

/** True if this Service's pods are found by its selector; those of others are told by somebody else, or there are none. */
export function selects({ spec }: CoreService): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

/** True for a pod that the Service means. */
export function isMeant({ spec }: CoreService, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(spec?.selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** The addresses of a Service's pods, as Kubernetes' own controllers write them. */
export function endpointsOf(service: CoreService, pods: readonly Pod[]): ServiceEndpoints {
  const groups = groupsOf(service, pods);
  const { name = '', namespace = '', uid = '' } = service.metadata;
  const owner = { apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true };
  const subsets = groups.map(({ ports, pods: members }) => ({
    ...part('addresses', members.filter(isReachable(service)).map(addressOf)),
    ...part('notReadyAddresses', members.filter((pod) => !isReachable(service)(pod)).map(addressOf)),
    ports: ports.map(({ port = 0, ...rest }) => ({ ...rest, port })),
  }));
  return {
    endpoints: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, ...(service.metadata.labels ? { labels: service.metadata.labels } : {}) },
      ...(subsets.length > 0 ? { subsets } : {}),
    },
    slices: groups.map(({ ports, pods: members }) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${digestOf(ports)}`,
        namespace,
        labels: { [serviceNameLabel]: name, [managedByLabel]: manager },
        ownerReferences: [owner],
      },
      addressType: 'IPv4',
      endpoints: members.map((pod) => ({ ...endpointOf(service, pod), ...targetOf(pod) })),
      ports,
    })),
  };
}

function groupsOf(service: CoreService, pods: readonly Pod[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))) {
    if (!pod.status?.podIP || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function portsOf({ spec }: CoreService, pod: Pod): Port[] {
  return (spec?.ports ?? []).flatMap(({ name = '', port, targetPort, protocol = 'TCP', appProtocol }) => {
    const real = realPort(pod, targetPort ?? port);
    return real === undefined ? [] : [{ name, port: real, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

/** Where a pod listens that was told to listen on this port: instances that share their host get others than they declare. */
function realPort({ metadata, spec }: Pod, target: number | string): number | undefined {
  const declared = spec.containers.flatMap(({ ports = [] }) => ports);
  const number = typeof target === 'number' ? target : declared.find(({ name }) => name === target)?.containerPort;
  const other = metadata.annotations?.[keys.userPort];
  return other !== undefined && number === declared[0]?.containerPort ? Number(other) : number;
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

const isReachable =
  ({ spec }: CoreService) =>
  (pod: Pod): boolean =>
    spec?.publishNotReadyAddresses === true || (isReady(pod) && pod.metadata.deletionTimestamp === undefined);

function endpointOf(service: CoreService, pod: Pod): EndpointSlice['endpoints'][number] {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const conditions = { ready: isReachable(service)(pod), serving: isReady(pod), terminating };
  return { addresses: [pod.status?.podIP ?? ''], conditions };
}

const addressOf = (pod: Pod): { ip: string } & ReturnType<typeof targetOf> => ({
  ip: pod.status?.podIP ?? '',
  ...targetOf(pod),
});

function targetOf({ metadata, spec }: Pod) {
  const { name = '', namespace = '', uid = '' } = metadata;
  return {
    ...(spec.nodeName ? { nodeName: spec.nodeName } : {}),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

function part<K extends string, V>(key: K, values: readonly V[]): { [P in K]?: V[] } {
  return values.length > 0 ? ({ [key]: [...values] } as { [P in K]: V[] }) : {};
}

function digestOf(ports: readonly Port[]): string {
  return createHash('sha256').update(JSON.stringify(ports)).digest('hex').slice(0, 5);
}
