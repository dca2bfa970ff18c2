import type { Container, Pod, Probe } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import { type Lookup, type ResolvedVariable, resolveEnvironment } from './environment.ts';
import { groupResources } from './group-resources.ts';
import { groupVolumes } from './volumes.ts';

type Group = NonNullable<CreateGroup>;
type GroupContainer = NonNullable<Group['container']>[number];
type GroupProbe = NonNullable<GroupContainer['readinessProbe']>;

/** The tags by which a group remembers whose it is, also over a restart (serverless-node.md, section 1.3). */
export const tagKeys = {
  node: 'NodeName',
  namespace: 'NameSpace',
  pod: 'PodName',
  uid: 'UID',
  created: 'CreationTimestamp',
} as const;

/** The `CreateContainerGroup` call for a pod. Throws `MissingReference` if something it refers to is not there. */
export function makeContainerGroup(pod: Pod, lookup: Lookup): Group {
  const { metadata, spec } = pod;
  const tags = {
    [tagKeys.node]: spec.nodeName ?? '',
    [tagKeys.namespace]: metadata.namespace ?? '',
    [tagKeys.pod]: metadata.name ?? '',
    [tagKeys.uid]: metadata.uid ?? '',
    [tagKeys.created]: metadata.creationTimestamp ?? '',
  };
  const make = (container: Container): GroupContainer =>
    groupContainer(container, resolveEnvironment(container, pod, lookup));
  return {
    containerGroupName: groupName(pod),
    // A create whose answer was lost gives the same group when asked again.
    clientToken: metadata.uid ?? '',
    ...groupResources(spec),
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    ...(spec.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: spec.activeDeadlineSeconds }),
    container: spec.containers.map(make),
    ...(spec.initContainers?.length ? { initContainer: spec.initContainers.map(make) } : {}),
    ...(spec.volumes?.length ? { volume: groupVolumes(pod, lookup) } : {}),
    tag: Object.entries(tags).map(([key, value]) => ({ key, value })) as NonNullable<Group['tag']>,
  } as Group;
}

/** 2 to 128 of `a-z 0-9 -`; what is too long keeps its end, which tells pods apart. */
function groupName({ metadata }: Pod): string {
  const name = `${metadata.namespace}-${metadata.name}`.replaceAll('.', '-');
  return name.length <= 128 ? name : name.slice(-128).replace(/^-+/, '');
}

function groupContainer(container: Container, variables: readonly ResolvedVariable[]): GroupContainer {
  const {
    name,
    image = '',
    command,
    args,
    workingDir,
    imagePullPolicy,
    ports,
    volumeMounts,
    securityContext,
  } = container;
  const { runAsUser, runAsGroup, runAsNonRoot, readOnlyRootFilesystem } = securityContext ?? {};
  const group = {
    name,
    image,
    command,
    arg: args,
    workingDir,
    imagePullPolicy,
    environmentVar: variables.map(({ key, value, fieldPath }) =>
      fieldPath ? { key, fieldRef: { fieldPath } } : { key, value },
    ),
    port: ports?.map(({ containerPort, protocol = 'TCP' }) => ({ port: containerPort, protocol })),
    volumeMount: volumeMounts?.map(({ name: volume, mountPath, readOnly, subPath }) => ({
      name: volume,
      mountPath,
      readOnly,
      subPath,
    })),
    livenessProbe: groupProbe(container.livenessProbe),
    readinessProbe: groupProbe(container.readinessProbe),
    terminationMessagePath: container.terminationMessagePath,
    terminationMessagePolicy: container.terminationMessagePolicy,
    securityContext:
      runAsUser === undefined && !readOnlyRootFilesystem
        ? undefined
        : { runAsUser, readOnlyRootFilesystem: readOnlyRootFilesystem || undefined },
    securityContextRunAsGroup: runAsGroup,
    securityContextRunAsNonRoot: runAsNonRoot,
  };
  return withoutUndefined(group) as GroupContainer;
}

/** ECI has HTTP, TCP and exec probes, in whole seconds; gRPC becomes a check of its port. */
function groupProbe(probe: Probe | undefined): GroupProbe | undefined {
  if (!probe) return undefined;
  const { httpGet, tcpSocket, exec, grpc, periodSeconds, ...timing } = probe;
  const tcpPort = tcpSocket?.port ?? grpc?.port;
  const action = httpGet
    ? { httpGet: { path: httpGet.path ?? '/', port: Number(httpGet.port ?? 0), scheme: httpGet.scheme ?? 'HTTP' } }
    : exec
      ? { exec: { command: exec.command ?? [] } }
      : { tcpSocket: { port: Number(tcpPort ?? 0) } };
  const { initialDelaySeconds, timeoutSeconds, successThreshold, failureThreshold } = timing;
  const numbers = {
    initialDelaySeconds,
    timeoutSeconds,
    successThreshold,
    failureThreshold,
    periodSeconds: Math.max(1, periodSeconds ?? 10),
  };
  return withoutUndefined({ ...action, ...numbers }) as GroupProbe;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
