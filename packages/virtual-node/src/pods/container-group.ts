import type { Container, Pod, Probe } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import { type Lookup, type ResolvedVariable, resolveEnvironment } from './environment.ts';
import { groupResources } from './group-resources.ts';
import { groupVolumes } from './volumes.ts';

type GroupContainer = NonNullable<CreateGroup['container']>[number];
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
export function makeContainerGroup(pod: Pod, lookup: Lookup): CreateGroup {
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
    tag: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
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
    environmentVar: variables.map(({ key, value = '', fieldPath }) =>
      fieldPath ? { key, fieldRef: { fieldPath } } : { key, value },
    ),
    port: ports?.map(({ containerPort, protocol = 'TCP' }) => withoutUndefined({ port: containerPort, protocol })),
    volumeMount: volumeMounts?.map(({ name: volume, mountPath, readOnly, subPath }) =>
      withoutUndefined({ name: volume, mountPath, readOnly, subPath }),
    ),
    ...groupProbes(container),
    terminationMessagePath: container.terminationMessagePath,
    terminationMessagePolicy: container.terminationMessagePolicy,
    securityContext:
      runAsUser === undefined && !readOnlyRootFilesystem
        ? undefined
        : withoutUndefined({ runAsUser, readOnlyRootFilesystem: readOnlyRootFilesystem || undefined }),
    securityContextRunAsGroup: runAsGroup,
    securityContextRunAsNonRoot: runAsNonRoot,
  };
  return withoutUndefined(group);
}

/**
 * ECI has no startup probe. A readiness probe stands in for it, and liveness is asked only once the startup probe would
 * have given up.
 */
function groupProbes(container: Container): Pick<GroupContainer, 'livenessProbe' | 'readinessProbe'> {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = startupProbe ?? {};
  const startupSeconds = startupProbe ? initialDelaySeconds + Math.max(1, periodSeconds) * failureThreshold : 0;
  const liveness = livenessProbe && {
    ...livenessProbe,
    initialDelaySeconds: Math.max(livenessProbe.initialDelaySeconds ?? 0, startupSeconds),
  };
  return {
    ...withoutUndefined({
      livenessProbe: groupProbe(liveness, container),
      readinessProbe: groupProbe(readinessProbe ?? startupProbe, container),
    }),
  };
}

/** ECI has HTTP, TCP and exec probes, in whole seconds and without headers; gRPC becomes a check of its port. */
function groupProbe(probe: Probe | undefined, container: Container): GroupProbe | undefined {
  if (!probe) return undefined;
  const { initialDelaySeconds, timeoutSeconds, successThreshold, failureThreshold, periodSeconds = 10 } = probe;
  const timing = { initialDelaySeconds, timeoutSeconds, successThreshold, failureThreshold };
  return withoutUndefined({
    ...probeAction(probe, container),
    ...timing,
    periodSeconds: Math.max(1, periodSeconds),
  });
}

function probeAction({ httpGet, tcpSocket, exec, grpc }: Probe, container: Container): GroupProbe {
  if (exec) return { exec: { command: exec.command ?? [] } };
  const port = probePort(httpGet?.port ?? tcpSocket?.port ?? grpc?.port, container);
  if (!httpGet) return { tcpSocket: withoutUndefined({ port }) };
  return { httpGet: withoutUndefined({ path: httpGet.path ?? '/', port, scheme: httpGet.scheme ?? 'HTTP' }) };
}

/** A port by number or by name; without either, the container's first. */
function probePort(port: number | string | undefined, { ports = [] }: Container): number | undefined {
  const named = ports.find(({ name }) => name === port);
  return named?.containerPort ?? (Number(port) || ports[0]?.containerPort);
}

function withoutUndefined<T extends object>(object: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
