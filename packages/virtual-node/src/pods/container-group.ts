import type { ProbeSpec } from '@ebb/base/probe';
import { type Container, type Pod, keys } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import { type ResolvedVariable, expandSubPath, resolveEnvironment } from './environment.ts';
import { containerResources, cpuRequests, extraStorage, gpuResources, groupResources } from './group-resources.ts';
import { imageCredentials } from './image-credentials.ts';
import { lifecycleFields, sleepBeforeStop } from './lifecycle.ts';
import type { Lookup } from './lookup.ts';
import { Unsupported } from './missing.ts';
import { podFields } from './pod-fields.ts';
import { planProbes } from './probe-plan.ts';
import { partContainers } from './sidecars.ts';
import { addedCapabilities, checkSupported } from './unsupported.ts';
import type { VolumeSources } from './volume-sources.ts';
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

/**
 * What the containers asked for of CPU, as JSON by name. ECI has one figure for a container; where containers share a machine,
 * as those of the local ECI do, it is shared by this one.
 */
const cpuRequestsTag = 'ebb.dev/cpu-requests';
/** Longer values ECI refuses. */
const maxTagValue = 128;

/** Labels of a pod by which its costs are told apart, as tags. */
const costLabels = [keys.service, keys.revision] as const;

/** The group that was made for the pod before, found no room and is gone: with its token none other could be made. */
export const retriedAnnotation = 'ebb.dev/eci-schedule-failed';

/**
 * The `CreateContainerGroup` call for a pod, as its spec has it. Throws `MissingReference` if something it refers to is not there,
 * `Unsupported` if it asks for what no group has.
 */
export function makeContainerGroup(pod: Pod, lookup: Lookup): CreateGroup {
  checkSupported(pod);
  const { metadata, spec } = pod;
  const volume = groupVolumes(pod, lookup);
  const { first, together } = partContainers(spec);
  const make = (container: Container): GroupContainer =>
    groupContainer(container, pod, resolveEnvironment(container, pod, lookup));
  const imageRegistryCredential = imageCredentials(lookup);
  return {
    containerGroupName: groupName(pod),
    // A create whose answer was lost gives the same group when asked again.
    clientToken: tokenOf(metadata),
    ...groupResources(spec),
    ...extraStorage(spec),
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: graceOf(spec),
    ...(spec.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: spec.activeDeadlineSeconds }),
    hostName: hostName(pod),
    ...podFields(pod),
    container: together.map(make),
    ...(first.length > 0 ? { initContainer: first.map(make) } : {}),
    ...(volume.length > 0 ? { volume } : {}),
    ...(imageRegistryCredential.length > 0 ? { imageRegistryCredential } : {}),
    tag: tagsOf(pod),
  };
}

/** After the hooks that sleep there is still so long to stop in, as with a kubelet. */
const leastGraceSeconds = 2;

/** ECI's part of the grace: what comes after the node has slept for the hooks. */
function graceOf(spec: Pod['spec']): number {
  const all = spec.terminationGracePeriodSeconds ?? 30;
  return Math.max(all - sleepBeforeStop(spec), Math.min(all, leastGraceSeconds));
}

/** The pod's UID; at most 64 characters. */
function tokenOf({ uid = '', annotations }: Pod['metadata']): string {
  const before = annotations?.[retriedAnnotation];
  return before === undefined ? uid : `${uid}-${before.slice(-20)}`;
}

function tagsOf({ metadata, spec }: Pod): { key: string; value: string }[] {
  const requests = JSON.stringify(cpuRequests(spec));
  const tags = {
    [tagKeys.node]: spec.nodeName ?? '',
    [tagKeys.namespace]: metadata.namespace ?? '',
    [tagKeys.pod]: metadata.name ?? '',
    [tagKeys.uid]: metadata.uid ?? '',
    [tagKeys.created]: metadata.creationTimestamp ?? '',
    ...(requests === '{}' || requests.length > maxTagValue ? {} : { [cpuRequestsTag]: requests }),
    ...Object.fromEntries(
      costLabels.flatMap((label) => (metadata.labels?.[label] ? [[label, metadata.labels[label]]] : [])),
    ),
  };
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** 2 to 128 of `a-z 0-9 -`; what is too long keeps its end, which tells pods apart. */
function groupName({ metadata }: Pod): string {
  const name = `${metadata.namespace}-${metadata.name}`.replaceAll('.', '-');
  return name.length <= 128 ? name : name.slice(-128).replace(/^-+/, '');
}

/** As a kubelet's: the pod's name, cut to what a host name may be. */
function hostName({ metadata, spec }: Pod): string {
  const { hostname } = spec as { readonly hostname?: string };
  return (hostname || (metadata.name ?? '')).slice(0, 63).replace(/[-.]+$/, '');
}

function groupContainer(container: Container, pod: Pod, variables: readonly ResolvedVariable[]): GroupContainer {
  const { name, image = '', workingDir, imagePullPolicy, ports, volumeMounts } = container;
  const probes = planProbes(container).group;
  const group = {
    name,
    image,
    ...words(container, pod),
    workingDir,
    imagePullPolicy,
    ...containerResources(container),
    ...gpuResources(container),
    environmentVar: variables.map(({ key, value = '', fieldPath }) =>
      fieldPath ? { key, fieldRef: { fieldPath } } : { key, value },
    ),
    port: ports?.map(({ containerPort, protocol = 'TCP' }) => withoutUndefined({ port: containerPort, protocol })),
    volumeMount: (volumeMounts as readonly Mount[] | undefined)?.map((mount) =>
      groupMount(mount, container, pod, variables),
    ),
    livenessProbe: groupProbe(probes.livenessProbe),
    readinessProbe: groupProbe(probes.readinessProbe),
    stdin: container.stdin || undefined,
    stdinOnce: container.stdinOnce || undefined,
    tty: container.tty || undefined,
    terminationMessagePath: container.terminationMessagePath,
    terminationMessagePolicy: container.terminationMessagePolicy,
    ...lifecycleFields(container),
    ...groupSecurity(container, pod),
  };
  return withoutUndefined(group);
}

/** ECI takes no longer lists (serverless-node.md, section 2.2). */
const maxWords = { command: 20, arg: 10 } as const;

/** What to run. Where there is a command, its arguments only follow it: what is too much for one list goes into the other. */
function words({ name, command = [], args = [] }: Container, { spec }: Pod): Pick<GroupContainer, 'command' | 'arg'> {
  if (command.length <= maxWords.command && args.length <= maxWords.arg) {
    return { ...(command.length > 0 ? { command } : {}), ...(args.length > 0 ? { arg: args } : {}) };
  }
  const all = [...command, ...args];
  const most = command.length > 0 ? maxWords.command + maxWords.arg : maxWords.arg;
  if (all.length <= most) return { command: all.slice(0, maxWords.command), arg: all.slice(maxWords.command) };
  const list = spec.containers.some((each) => each.name === name) ? 'containers' : 'initContainers';
  const field = `spec.${list}[${JSON.stringify(name)}].${command.length > 0 ? 'command and args' : 'args'}`;
  throw new Unsupported(`${field} cannot be had on a virtual node: ${all.length} words; at most ${most} are taken`);
}

/** `core/v1 VolumeMount`, with what Knative has not. */
type Mount = NonNullable<Container['volumeMounts']>[number] & {
  readonly subPathExpr?: string;
  readonly mountPropagation?: string;
};

function groupMount(
  { name, mountPath, readOnly, subPath, subPathExpr, mountPropagation }: Mount,
  container: Container,
  pod: Pod,
  variables: readonly ResolvedVariable[],
): NonNullable<GroupContainer['volumeMount']>[number] {
  const field = `subPathExpr of ${container.name}'s volume mount ${name}`;
  return withoutUndefined({
    name,
    mountPath,
    readOnly: readOnly || isReadOnly(pod, name) || undefined,
    subPath: subPathExpr ? expandSubPath(subPathExpr, variables, field) : subPath || undefined,
    mountPropagation: mountPropagation === 'None' ? undefined : mountPropagation,
  });
}

/** What a whole volume is mounted as. */
function isReadOnly({ spec }: Pod, name: string): boolean {
  const volume = spec.volumes?.find((each) => each.name === name) as VolumeSources | undefined;
  const { persistentVolumeClaim, csi, flexVolume } = volume ?? {};
  return (persistentVolumeClaim?.readOnly || csi?.readOnly || flexVolume?.readOnly) ?? false;
}

/** What a container does not say, its pod does. */
function groupSecurity(container: Container, { spec }: Pod): Partial<GroupContainer> {
  const shared = (spec.securityContext ?? {}) as { runAsUser?: number; runAsGroup?: number; runAsNonRoot?: boolean };
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser;
  const add = addedCapabilities(container);
  const context = withoutUndefined({
    runAsUser,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem || undefined,
    capability: add.length > 0 ? { add } : undefined,
  });
  return withoutUndefined({
    securityContext: Object.keys(context).length > 0 ? context : undefined,
    securityContextRunAsGroup: own.runAsGroup ?? shared.runAsGroup,
    securityContextRunAsNonRoot: own.runAsNonRoot ?? shared.runAsNonRoot,
  });
}

function groupProbe(probe: ProbeSpec | undefined): GroupProbe | undefined {
  if (!probe) return undefined;
  const { action, ...timing } = probe;
  switch (action.kind) {
    case 'exec':
      return { exec: { command: [...action.command] }, ...timing };
    case 'http':
      return { httpGet: { path: action.path, port: action.port, scheme: action.scheme }, ...timing };
    default:
      return { tcpSocket: { port: action.port }, ...timing };
  }
}

function withoutUndefined<T extends object>(object: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
