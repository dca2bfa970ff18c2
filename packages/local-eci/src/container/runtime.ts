import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import { ContainerGroup } from '../lifecycle/group.ts';
import { identityText, isAlive, parseIdentity } from '../lifecycle/identity.ts';
import { within } from '../lifecycle/within.ts';
import { openRunFolder } from '../process/run-folder.ts';
import type { Runtime } from '../runtime.ts';
import { type NameServer, networkHolderConfig } from './config.ts';
import { type Engine, type EngineTraits, createEngine } from './engine.ts';
import { type EngineAddress, createEngineApi } from './engine-api.ts';
import { type ContainerSandbox, openContainerSandbox, sandboxLabel } from './sandbox.ts';

export interface ContainerRuntimeOptions {
  /** Where Docker or Podman listens; see `findEngine`. It must run on this machine: volumes are folders of it. */
  readonly engine: EngineAddress;
  /** The bridge network of the groups; made if it is not there, and left. Default: `ebb-groups`. */
  readonly network?: string;
  /** Where volumes are kept. Default: a folder of this user in the system's temporary one. */
  readonly dataDir?: string;
  /** How long `close` waits for containers that were asked to end, however long their own grace is. Default: 5000. */
  readonly closeGraceMs?: number;
  /** How long the engine may take for what has no length of its own, such as a start. Default: two minutes. */
  readonly engineSilentMs?: number;
  /** Keeps the network up from the start, so that this machine can listen on its own address in it. */
  readonly holdNetwork?: boolean;
  /** Asked with each group. Default: the engine's own. */
  readonly nameServer?: () => NameServer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Groups as containers. */
export interface ContainerRuntime extends Runtime {
  /** This machine's own address among the containers, where the network is held. */
  readonly hostAddress: string | undefined;
}

/** Whose containers and volumes they are: the process that made them. */
const ownerLabel = 'dev.ebb.owner';
/** Longest `close` waits for an engine that is told to kill, and to remove. */
const killMs = 60_000;
const firstImageRetryMs = 10_000;
const maxImageRetryMs = 300_000;

/**
 * Runs each group as containers of Docker or Podman that share one address of their own, with their limits of CPU and memory.
 * First it removes what runs that were killed left behind. Rejects with `UserError` if the engine does not answer.
 */
export async function openContainerRuntime(options: ContainerRuntimeOptions): Promise<ContainerRuntime> {
  const { network = 'ebb-groups', closeGraceMs = 5000, engineSilentMs, clock, logger } = options;
  const api = createEngineApi(options.engine, engineSilentMs === undefined ? {} : { silentMs: engineSilentMs });
  const engine = createEngine(api);
  let traits: EngineTraits;
  try {
    traits = await engine.prepare(network);
    await removeLeftovers(engine, logger);
  } catch (cause) {
    api.close();
    throw new UserError(`the container runtime cannot be used: ${messageOf(cause)}`, { cause });
  }
  const runFolder = await openRunFolder(options.dataDir ?? defaultFolder(), logger);
  const labels = { [ownerLabel]: identityText(process.pid) };
  const holder = options.holdNetwork ? await holdNetwork(engine, network, labels) : undefined;
  const groups = new Map<string, { readonly group: ContainerGroup; readonly kill: () => Promise<void> }>();
  return {
    hostAddress: holder?.hostAddress,
    create: (id, spec, host) => {
      let sandbox: ContainerSandbox | undefined;
      const openSandbox = async (): Promise<ContainerSandbox> => {
        const folders = { group: runFolder.groupFolder(id), shares: runFolder.shares };
        const names = options.nameServer?.();
        const shared = { engine, traits, network, names, labels, folders, clock, logger };
        return (sandbox = await openContainerSandbox({ id, spec, ...shared }));
      };
      const group = new ContainerGroup({
        spec,
        host,
        openSandbox,
        imageRetryMs: (failures) => Math.min(firstImageRetryMs * 2 ** (failures - 1), maxImageRetryMs),
        clock,
        logger: logger.child({ group: id }),
        onStopped: async () => {
          groups.delete(id);
          await runFolder.removeGroup(id);
        },
      });
      groups.set(id, { group, kill: async () => sandbox?.kill() });
      group.start();
      return group;
    },
    close: async () => {
      const all = [...groups.values()];
      const stopped = Promise.all(all.map(({ group }) => group.stop()));
      const end = async (): Promise<void> => {
        if (!(await within(clock, closeGraceMs, stopped))) await Promise.all(all.map(({ kill }) => kill()));
        await stopped;
        if (holder) await engine.remove(holder.id);
        await runFolder.remove();
      };
      try {
        const isDone = await within(clock, closeGraceMs + killMs, end());
        if (!isDone) throw new Error(`not within ${killMs / 1000} s`);
      } catch (error) {
        logger.error(
          { error: messageOf(error) },
          'the container engine did not end all; the next start removes what is left',
        );
      } finally {
        api.close();
      }
    },
  };
}

/** An engine takes a network's interface down while no container is in it. */
async function holdNetwork(
  engine: Engine,
  network: string,
  labels: Readonly<Record<string, string>>,
): Promise<{ readonly id: string; readonly hostAddress: string | undefined }> {
  const all = { ...labels, [sandboxLabel]: 'true' };
  const id = await engine.create(`ebb-network-${process.pid}`, networkHolderConfig(network, all));
  await engine.start(id);
  const { hostAddress } = await engine.inspect(id);
  return { id, hostAddress };
}

/** Containers and volumes of processes that are gone. Those that hold a network go after those that use it. */
async function removeLeftovers(engine: Engine, logger: Logger): Promise<void> {
  const isLeft = ({ value }: { readonly value: string }): boolean => {
    const owner = parseIdentity(value);
    return owner !== undefined && !isAlive(owner);
  };
  const { containers, volumes } = await engine.labelled(ownerLabel);
  const left = containers.filter(isLeft);
  const holders = new Set((await engine.labelled(sandboxLabel)).containers.map(({ id }) => id));
  if (left.length > 0) logger.warn({ containers: left.length }, 'removing containers that an earlier run left behind');
  const remove = (some: typeof left): Promise<unknown> => Promise.all(some.map(({ id }) => engine.remove(id)));
  await remove(left.filter(({ id }) => !holders.has(id)));
  await remove(left.filter(({ id }) => holders.has(id)));
  await Promise.all(volumes.filter(isLeft).map(({ id }) => engine.removeVolume(id)));
}

function defaultFolder(): string {
  return join(tmpdir(), `ebb-${userInfo().uid}`, 'container-runtime');
}
