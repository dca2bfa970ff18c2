import { hostNameOf, ownVariables } from '../lifecycle/environment.ts';
import { expand } from '../lifecycle/expand.ts';
import type { ContainerSpec, GroupSpec } from '../model.ts';
import { type EngineTraits, pauseImage } from './engine.ts';

/** A mount as the engine takes it. */
export type Mount = {
  readonly Type: 'bind' | 'volume';
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
};

type Labels = Readonly<Record<string, string>>;

/**
 * The tag by which a group says how many vCPUs of its own each container asked for, as JSON by name: `{"web":0.125}`. ECI has
 * one figure for a container, and nothing to share out between instances; here containers share a machine.
 */
const cpuRequestsTag = 'ebb.dev/cpu-requests';
const periodMicros = 100_000;
const gibibyte = 2 ** 30;
/** The smallest instance ECI has, however little was asked for (serverless-node.md, section 2.6). */
const smallest = { cpu: 0.25, memory: 0.5 };

/** Who tells containers what names stand for. */
export interface NameServer {
  readonly address: string;
  /** Domains below which short names are looked for. */
  readonly searches: readonly string[];
}

export interface SandboxPlace {
  readonly network: string;
  readonly labels: Labels;
  readonly mounts: readonly Mount[];
  /** Default: the engine's own. */
  readonly names?: NameServer | undefined;
}

/** What `POST /containers/create` takes for the container that holds a network only. */
export function networkHolderConfig(network: string, labels: Labels): object {
  return { Image: pauseImage, Entrypoint: ['/pause'], Labels: labels, HostConfig: { NetworkMode: network } };
}

/** What `POST /containers/create` takes for the container that holds a group's network and its volumes in memory. */
export function sandboxConfig(group: GroupSpec, { network, labels, mounts, names }: SandboxPlace): object {
  return {
    Image: pauseImage,
    Entrypoint: ['/pause'],
    Hostname: hostNameOf(group),
    Labels: labels,
    HostConfig: {
      NetworkMode: network,
      Mounts: mounts,
      ExtraHosts: (group.hostAliases ?? []).flatMap(({ ip, hostNames }) => hostNames.map((name) => `${name}:${ip}`)),
      Sysctls: Object.fromEntries((group.sysctls ?? []).map(({ name, value }) => [name, value])),
      ...namesOf(group, names),
    },
  };
}

/** Names with fewer than five dots are looked for below the search domains first, as in Kubernetes. */
const clusterOptions = { ndots: '5' };

/** Whom containers ask: the cluster unless the group wants otherwise, and whom it names itself after that. */
function namesOf({ dns }: GroupSpec, names: NameServer | undefined): object {
  const cluster = dns?.policy.startsWith('ClusterFirst') === false ? undefined : names;
  if (!dns && !cluster) return {};
  const own = (dns?.options ?? []).map(({ name, value }) => [name, value] as const);
  const options = { ...(cluster ? clusterOptions : {}), ...Object.fromEntries(own) };
  return {
    Dns: [...(cluster ? [cluster.address] : []), ...(dns?.nameServers ?? [])],
    DnsSearch: [...(cluster?.searches ?? []), ...(dns?.searches ?? [])],
    DnsOptions: Object.entries(options).map(([name, value]) => (value === '' ? name : `${name}:${value}`)),
  };
}

export interface ContainerPlace {
  /** The container whose network it joins. */
  readonly sandboxId: string;
  readonly ip: string;
  readonly traits: EngineTraits;
  /** As whom the image runs; empty for root. */
  readonly imageUser: string;
  readonly labels: Labels;
  readonly mounts: readonly Mount[];
}

/** What `POST /containers/create` takes for a container. */
export function containerConfig(spec: ContainerSpec, group: GroupSpec, place: ContainerPlace): object {
  const hostName = hostNameOf(group);
  const environment = { HOSTNAME: hostName, ...ownVariables(spec, place.ip) };
  const command = spec.command.map((word) => expand(word, environment));
  const args = spec.args.map((word) => expand(word, environment));
  const user = userOf(spec, place.imageUser);
  return {
    Image: spec.image,
    // A command of its own leaves the image's arguments out too.
    ...(command.length > 0 ? { Entrypoint: command, Cmd: args } : {}),
    ...(command.length === 0 && args.length > 0 ? { Cmd: args } : {}),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(user === undefined ? {} : { User: user }),
    Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    ...(place.traits.hasOwnHostName ? { Hostname: hostName } : {}),
    Labels: place.labels,
    Tty: spec.tty ?? false,
    OpenStdin: spec.stdin ?? false,
    StdinOnce: spec.stdinOnce ?? false,
    HostConfig: {
      NetworkMode: `container:${place.sandboxId}`,
      ...(group.shareProcessNamespace ? { PidMode: `container:${place.sandboxId}` } : {}),
      Mounts: place.mounts,
      ReadonlyRootfs: spec.security.readOnlyRootFilesystem ?? false,
      CapAdd: spec.security.addCapabilities ?? [],
      ...limitsOf(spec, group),
    },
  };
}

/** A container without figures of its own may take all of the group's instance. */
function limitsOf({ name, cpu, memory }: ContainerSpec, group: GroupSpec): object {
  const limit = cpu || Math.max(group.cpu, smallest.cpu);
  const bytes = Math.floor((memory || Math.max(group.memory, smallest.memory)) * gibibyte);
  const share = cpuRequests(group)[name] ?? limit;
  return {
    CpuPeriod: periodMicros,
    CpuQuota: Math.max(1000, Math.round(limit * periodMicros)),
    CpuShares: Math.max(2, Math.floor(share * 1024)),
    Memory: bytes,
    // No swap beside it.
    MemorySwap: bytes,
  };
}

function cpuRequests({ tags }: GroupSpec): Readonly<Record<string, number>> {
  const text = tags.find(({ key }) => key === cpuRequestsTag)?.value ?? '{}';
  try {
    const found = JSON.parse(text) as Record<string, unknown> | null;
    return Object.fromEntries(
      Object.entries(found ?? {}).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
    );
  } catch {
    // Somebody else's tag.
    return {};
  }
}

function userOf({ security }: ContainerSpec, imageUser: string): string | undefined {
  const { runAsUser, runAsGroup } = security;
  if (runAsGroup === undefined) return runAsUser === undefined ? undefined : String(runAsUser);
  return `${runAsUser ?? (imageUser.split(':')[0] || '0')}:${runAsGroup}`;
}
