import type { IncomingMessage } from 'node:http';
import type { ImageCredential } from '../model.ts';
import { EngineError, type EngineApi } from './engine-api.ts';
import { type EngineSessions, createEngineSessions } from './engine-sessions.ts';
import { pauseArchive } from './pause.ts';

/** An image as the engine has it. */
export interface EngineImage {
  /** By digest where it came from a registry, else by its id. */
  readonly id: string;
  /** As whom it runs; empty for root. */
  readonly user: string;
}

/** In what engines differ. */
export interface EngineTraits {
  /** Containers that share a network have host names of their own: Podman's have, Docker's share that too, and take none. */
  readonly hasOwnHostName: boolean;
}

export interface ContainerFacts {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** What kept it from starting. */
  readonly error: string;
  readonly address: string;
  /** This machine's own in the container's network. */
  readonly hostAddress?: string | undefined;
}

/** What the runtime needs of Docker or Podman. Calls reject with `EngineError` on a refusal. */
export interface Engine extends EngineSessions {
  /** Makes the network and the image that every group needs, if they are not there; tells what engine it is. */
  prepare(network: string): Promise<EngineTraits>;
  /** Undefined if it is not on this machine. */
  image(name: string): Promise<EngineImage | undefined>;
  pull(name: string, credential: ImageCredential | undefined, signal: AbortSignal): Promise<void>;
  /** Returns the container's id. */
  create(name: string, config: object): Promise<string>;
  start(id: string): Promise<void>;
  /** Both outputs, multiplexed, to their end. */
  output(id: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** Resolves when it has ended, however long that takes; rejects when aborted. */
  wait(id: string, signal: AbortSignal): Promise<void>;
  inspect(id: string): Promise<ContainerFacts>;
  /** SIGTERM, SIGKILL after so many seconds; resolves when it has ended. */
  stop(id: string, graceSeconds: number): Promise<void>;
  kill(id: string): Promise<void>;
  /** Ends and removes it; nothing happens if it is gone. */
  remove(id: string): Promise<void>;
  /** Makes a volume in memory; returns where the engine's machine has it. */
  createMemoryVolume(
    name: string,
    options: { readonly sizeBytes: number | undefined; readonly labels: Labels },
  ): Promise<void>;
  removeVolume(name: string): Promise<void>;
  /** Ids of containers and names of volumes with this label, and its value. */
  labelled(label: string): Promise<{ readonly containers: Owned[]; readonly volumes: Owned[] }>;
  /** Runs a command; its output multiplexed, and then its exit code. */
  exec(
    id: string,
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<{ output: IncomingMessage; exitCode(): Promise<number> }>;
}

type Labels = Readonly<Record<string, string>>;

/** Something the engine keeps, by id or name, with the value of the label that was asked for. */
interface Owned {
  readonly id: string;
  readonly value: string;
}

/**
 * The image of the container that holds a group's network; made here, for there may be no registry to get one from. Without a
 * tag: Podman takes none for what is made from an archive.
 */
export const pauseImage = 'ebb.local/pause';

/** Docker or Podman over its HTTP API. */
export function createEngine(api: EngineApi): Engine {
  const get = (path: string): Promise<unknown> => api.call({ method: 'GET', path });
  const post = (path: string, body?: object): Promise<unknown> =>
    api.call({ method: 'POST', path, ...(body ? { body } : {}) });

  const image = async (name: string): Promise<EngineImage | undefined> => {
    const found = (await unlessGone(get(`/images/${name}/json`))) as ImageJson | undefined;
    if (!found) return undefined;
    return { id: found.RepoDigests?.[0] ?? found.Id, user: found.Config?.User ?? '' };
  };

  let isPodman = false;
  const createNetwork = (name: string): Promise<unknown> => {
    const labels = { [madeByEbb]: 'true' };
    // Podman's own name server would sit on the port of ours; only its own API can do without.
    if (isPodman) {
      return post(`${podmanApi}/networks/create`, { name, driver: 'bridge', dns_enabled: false, labels });
    }
    return post('/networks/create', { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: labels });
  };

  return {
    prepare: async (network) => {
      const { Components = [] } = (await get('/version')) as { Components?: readonly { Name: string }[] };
      isPodman = Components.some(({ Name }) => Name.includes('Podman'));
      const traits = { hasOwnHostName: isPodman };
      if (!(await unlessGone(get(`/networks/${network}`)))) await unlessThere(createNetwork(network));
      if (await image(pauseImage)) return traits;
      const { Architecture = '' } = (await get('/info')) as { Architecture?: string };
      const path = `/images/create?${new URLSearchParams({ fromSrc: '-', repo: pauseImage }).toString()}`;
      await drain(await api.stream({ method: 'POST', path, tar: pauseArchive(Architecture) }));
      return traits;
    },
    image,
    pull: async (name, credential, signal) => {
      const path = `/images/create?${new URLSearchParams({ fromImage: name }).toString()}`;
      const headers = credential ? { 'x-registry-auth': registryAuth(credential) } : {};
      await drain(await api.stream({ method: 'POST', path, headers, signal, takesMs: maxUnpackMs }));
    },
    create: async (name, config) => {
      const path = `/containers/create?${new URLSearchParams({ name }).toString()}`;
      const { Id } = (await post(path, config)) as { Id: string };
      return Id;
    },
    start: async (id) => void (await post(`/containers/${id}/start`)),
    output: (id, signal) => {
      const path = `/containers/${id}/logs?follow=true&stdout=true&stderr=true`;
      return api.stream({ method: 'GET', path, signal, takesMs: Infinity });
    },
    wait: async (id, signal) => {
      // With Docker's call Podman looks at the container's state all the time: a core for twenty containers.
      const path = isPodman
        ? `${podmanApi}/containers/${id}/wait?condition=exited&condition=stopped`
        : `/containers/${id}/wait`;
      await unlessGone(api.call({ method: 'POST', path, signal, takesMs: Infinity }));
    },
    inspect: async (id) => factsOf((await get(`/containers/${id}/json`)) as ContainerJson),
    stop: async (id, graceSeconds) => {
      const path = `/containers/${id}/stop?t=${graceSeconds}`;
      await unlessGone(api.call({ method: 'POST', path, takesMs: graceSeconds * 1000 }));
    },
    kill: async (id) => void (await unlessEnded(unlessGone(post(`/containers/${id}/kill`)))),
    remove: async (id) =>
      void (await unlessGone(api.call({ method: 'DELETE', path: `/containers/${id}?force=true&v=true` }))),
    createMemoryVolume: async (name, { sizeBytes, labels }) => {
      // Not `size`, which Podman takes for a quota of a disk.
      const limit = sizeBytes === undefined ? [] : [`nr_blocks=${Math.ceil(sizeBytes / tmpfsBlockBytes)}`];
      const o = ['mode=0777', ...limit].join(',');
      const options = { type: 'tmpfs', device: 'tmpfs', o };
      await post('/volumes/create', { Name: name, Driver: 'local', DriverOpts: options, Labels: labels });
    },
    removeVolume: async (name) =>
      void (await unlessGone(api.call({ method: 'DELETE', path: `/volumes/${name}?force=true` }))),
    labelled: async (label) => {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
      const containers = (await get(`/containers/json?all=true&filters=${filters}`)) as {
        Id: string;
        Labels?: Labels;
      }[];
      const { Volumes } = (await get(`/volumes?filters=${filters}`)) as {
        Volumes?: { Name: string; Labels?: Labels }[];
      };
      return {
        containers: containers.map(({ Id, Labels }) => ({ id: Id, value: Labels?.[label] ?? '' })),
        volumes: (Volumes ?? []).map(({ Name, Labels }) => ({ id: Name, value: Labels?.[label] ?? '' })),
      };
    },
    exec: async (id, command, signal) => {
      const body = { Cmd: command, AttachStdout: true, AttachStderr: true };
      const path = `/containers/${id}/exec`;
      const { Id } = (await api.call({ method: 'POST', path, body, signal })) as { Id: string };
      const start = { Detach: false, Tty: false };
      const output = await api.stream({
        method: 'POST',
        path: `/exec/${Id}/start`,
        body: start,
        signal,
        takesMs: Infinity,
      });
      const exitCode = async (): Promise<number> => ((await get(`/exec/${Id}/json`)) as { ExitCode: number }).ExitCode;
      return { output, exitCode };
    },
    ...createEngineSessions(api),
  };
}

/** What only Podman has. */
const podmanApi = '/v4.0.0/libpod';

/** Engines tell of their progress while they pull, but not of a large layer's unpacking. */
const maxUnpackMs = 480_000;

/** A page of memory, on most machines. */
const tmpfsBlockBytes = 4096;

/** On what the engine keeps beyond a run. */
const madeByEbb = 'dev.ebb';

interface ImageJson {
  readonly Id: string;
  readonly RepoDigests?: string[] | null;
  readonly Config?: { readonly User?: string };
}

interface ContainerJson {
  readonly State: { readonly ExitCode: number; readonly OOMKilled: boolean; readonly Error?: string };
  readonly NetworkSettings?: {
    readonly IPAddress?: string;
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string; readonly Gateway?: string }>>;
  };
}

function factsOf({ State, NetworkSettings }: ContainerJson): ContainerFacts {
  const [network] = Object.values(NetworkSettings?.Networks ?? {});
  return {
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    error: State.Error ?? '',
    address: network?.IPAddress || (NetworkSettings?.IPAddress ?? ''),
    hostAddress: network?.Gateway || undefined,
  };
}

function registryAuth({ server, userName, password }: ImageCredential): string {
  const auth = { username: userName, password, serveraddress: server };
  return Buffer.from(JSON.stringify(auth)).toString('base64url');
}

/** Reads a stream of progress to its end. An error stands in it, not in the status. */
async function drain(progress: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of progress) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
  for (const line of lines) {
    if (!line.includes('"error"')) continue;
    const { error } = JSON.parse(line) as { error?: string };
    if (error) throw new EngineError(500, error);
  }
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  });
}

/** Docker says 409, Podman 500 with a text. */
async function unlessEnded<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof EngineError && /not running|only kill running|no such container/.test(error.message))
      return undefined;
    throw error;
  });
}

/** 409: it is so already. */
async function unlessThere<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof EngineError && error.status === 409) return undefined;
    throw error;
  });
}
