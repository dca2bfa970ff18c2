import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ContainerLog } from '../lifecycle/container-log.ts';
import { type Exit, type PullOptions, type Run, type Sandbox } from '../lifecycle/sandbox.ts';
import { makeMessageFile, readMessage } from '../lifecycle/termination-message.ts';
import { type VolumeFolders, layOutVolumes, mountSource, updateVolumes } from '../lifecycle/volumes.ts';
import { within } from '../lifecycle/within.ts';
import type { ContainerSpec, GroupSpec, VolumeMountSpec } from '../model.ts';
import { type ContainerUsage, ExecError, type Session, type SessionRequest } from '../runtime.ts';
import { type Mount, type NameServer, containerConfig, sandboxConfig } from './config.ts';
import type { Engine, EngineTraits } from './engine.ts';
import { ensureImage } from './image-policy.ts';
import { copy, demultiplex } from './output.ts';
import { openSession } from './session.ts';

export interface ContainerSandboxOptions {
  readonly id: string;
  readonly spec: GroupSpec;
  readonly engine: Engine;
  readonly traits: EngineTraits;
  readonly network: string;
  /** Default: the engine's own. */
  readonly names?: NameServer | undefined;
  /** Labels of everything made. */
  readonly labels: Readonly<Record<string, string>>;
  readonly folders: VolumeFolders;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A sandbox of containers. */
export interface ContainerSandbox extends Sandbox {
  /** Ends all its containers at once. */
  kill(): Promise<void>;
}

/** The label of the container that holds the others' network; it goes last. */
export const sandboxLabel = 'dev.ebb.sandbox';

const defaultMessagePath = '/dev/termination-log';
/** Of a process that SIGKILL ended. */
const killedExitCode = 137;
/** How long output may lag behind the end of the container that wrote it. */
const drainMs = 10_000;

/** Containers of an engine that share one address. Rejects if the engine or the disk refuses; then nothing is left. */
export async function openContainerSandbox(options: ContainerSandboxOptions): Promise<ContainerSandbox> {
  const sandbox = new EngineSandbox(options);
  try {
    await sandbox.setUp();
  } catch (error) {
    await sandbox
      .close()
      .catch((failure: unknown) => options.logger.warn({ error: messageOf(failure) }, 'a sandbox is left'));
    throw error;
  }
  return sandbox;
}

class EngineSandbox implements ContainerSandbox {
  ip = '';
  readonly #options: ContainerSandboxOptions;
  readonly #imageUsers = new Map<string, string>();
  /** The engine's id of each container's last run. */
  readonly #ids = new Map<string, string>();
  #sandboxId = '';
  #starts = 0;
  #killed = false;

  constructor(options: ContainerSandboxOptions) {
    this.#options = options;
  }

  async setUp(): Promise<void> {
    const { id, spec, engine, network, names, labels, folders } = this.#options;
    layOutVolumes(spec.volumes, folders);
    const memory = spec.volumes.filter(({ inMemory }) => inMemory);
    for (const { name, sizeBytes } of memory) {
      await engine.createMemoryVolume(this.#memoryVolume(name), { sizeBytes, labels });
    }
    // Held here too, else what is in memory would go with the last container that stops.
    const mounts = memory.map(({ name }) =>
      this.#volumeMount(name, { mountPath: `/volumes/${name}`, readOnly: false }),
    );
    const all = { ...labels, [sandboxLabel]: 'true' };
    this.#sandboxId = await engine.create(`ebb-${id}`, sandboxConfig(spec, { network, labels: all, mounts, names }));
    await engine.start(this.#sandboxId);
    this.ip = (await engine.inspect(this.#sandboxId)).address;
  }

  portOf(declared: number): number {
    return declared;
  }

  async pull(container: ContainerSpec, options: PullOptions): Promise<string> {
    const image = await ensureImage(this.#options.engine, container, options);
    this.#imageUsers.set(container.name, image.user);
    return image.id;
  }

  async start(container: ContainerSpec, log: ContainerLog, { signal }: { readonly signal: AbortSignal }): Promise<Run> {
    const { id, spec, engine, traits, labels } = this.#options;
    await this.#removeLast(container.name);
    const messageFile = makeMessageFile(this.#options.folders.group, container.name);
    const mounts = [
      ...container.volumeMounts.map((mount) => this.#mount(mount)),
      {
        Type: 'bind',
        Source: messageFile,
        Target: container.terminationMessagePath ?? defaultMessagePath,
        ReadOnly: false,
      },
    ] as const;
    const place = {
      sandboxId: this.#sandboxId,
      ip: this.ip,
      traits,
      imageUser: this.#imageUsers.get(container.name) ?? '',
      labels,
      mounts,
    };
    const name = `ebb-${id}-${container.name}-${(this.#starts += 1)}`;
    const engineId = await engine.create(name, containerConfig(container, spec, place));
    this.#ids.set(container.name, engineId);
    signal.throwIfAborted();
    await engine.start(engineId);
    return this.#follow(engineId, container, log, messageFile);
  }

  async open({ name }: ContainerSpec, command: readonly string[], request: SessionRequest): Promise<Session> {
    const id = this.#ids.get(name);
    if (id === undefined) throw new ExecError('the container has not run yet');
    return openSession(() => this.#options.engine.openExec(id, command, request), request);
  }

  async usage(names: readonly string[]): Promise<readonly ContainerUsage[]> {
    const all = await Promise.all(
      names.map(async (name) => {
        const id = this.#ids.get(name);
        const usage = id === undefined ? undefined : await this.#options.engine.usage(id);
        return usage && { name, ...usage };
      }),
    );
    return all.filter((usage) => usage !== undefined);
  }

  async exec(
    { name }: ContainerSpec,
    command: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ exitCode: number; output: string }> {
    const id = this.#ids.get(name);
    if (id === undefined) throw new ExecError('the container has not run yet');
    const chunks: Buffer[] = [];
    const both = { write: (chunk: Buffer) => void chunks.push(chunk) };
    try {
      const run = await this.#options.engine.exec(id, command, signal);
      await demultiplex(run.output, { out: both, err: both });
      signal.throwIfAborted();
      return { exitCode: await run.exitCode(), output: Buffer.concat(chunks).toString('utf8') };
    } catch (cause) {
      throw new ExecError(messageOf(cause), { cause });
    }
  }

  updateVolumes(volumes: GroupSpec['volumes']): Promise<void> {
    updateVolumes(volumes, this.#options.folders);
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    this.#killed = true;
    await Promise.all([...this.#ids.values()].map((id) => this.#options.engine.kill(id)));
  }

  async close(): Promise<void> {
    const { engine, spec } = this.#options;
    await Promise.all([...this.#ids.values()].map((id) => engine.remove(id)));
    if (this.#sandboxId !== '') await engine.remove(this.#sandboxId);
    const memory = spec.volumes.filter(({ inMemory }) => inMemory);
    await Promise.all(memory.map(({ name }) => engine.removeVolume(this.#memoryVolume(name))));
  }

  async #removeLast(name: string): Promise<void> {
    const id = this.#ids.get(name);
    if (id !== undefined) await this.#options.engine.remove(id);
  }

  #follow(id: string, { stdin = false, tty = false }: ContainerSpec, log: ContainerLog, messageFile: string): Run {
    const { engine, clock, logger } = this.#options;
    const out = log.writer();
    const err = log.writer();
    // An engine may answer only when there is something to read: nobody waits for that.
    const reading = new AbortController();
    const waiting = new AbortController();
    const taken = engine
      .output(id, reading.signal)
      .then((stream) => (tty ? copy(stream, out) : demultiplex(stream, { out, err })))
      .catch((error: unknown) => {
        if (!reading.signal.aborted)
          logger.warn({ error: messageOf(error) }, 'the output of a container cannot be read');
      });
    const finish = async (): Promise<Exit> => {
      try {
        await engine.wait(id, waiting.signal);
        const { exitCode, outOfMemory, error } = await engine.inspect(id);
        await within(clock, drainMs, taken);
        const message = readMessage(messageFile);
        // With cgroups of version 1 engines do not always notice; and nobody else kills unasked.
        const killed = exitCode === killedExitCode && stopping === undefined && !this.#killed;
        return {
          exitCode,
          outOfMemory: outOfMemory || killed,
          message,
          ...(error === '' ? {} : { startError: error }),
        };
      } catch (cause) {
        // Removed by somebody else, or the engine is gone: it does not run, that is for certain.
        return {
          exitCode: killedExitCode,
          message: `the container was lost: ${messageOf(waiting.signal.reason ?? cause)}`,
        };
      } finally {
        reading.abort();
        out.end();
        err.end();
      }
    };
    let stopping: Promise<void> | undefined;
    const exited = finish();
    return {
      exited,
      stop: async (graceMs) => {
        // While it waits for the first to stop it, an engine that cannot kill will say so to that one.
        if (stopping && graceMs === 0) await engine.kill(id).catch(() => undefined);
        stopping ??= engine
          .stop(id, Math.ceil(graceMs / 1000))
          .catch((error: unknown) => {
            logger.warn({ error: messageOf(error) }, 'a container did not stop, and is killed');
            return engine.kill(id);
          })
          // Nobody waits for an engine that neither stops nor kills: the next start removes what is left.
          .catch((error: unknown) => waiting.abort(error));
        await stopping;
        return exited;
      },
      attach: (request) => {
        const joined = { stdin: stdin && request.stdin, tty };
        return openSession(() => engine.attach(id, joined), joined);
      },
    };
  }

  #mount(mount: VolumeMountSpec): Mount {
    const { spec, folders } = this.#options;
    const volume = spec.volumes.find(({ name }) => name === mount.name);
    if (volume?.inMemory) return this.#volumeMount(mount.name, mount);
    const Source = mountSource(mount, spec.volumes, folders);
    return { Type: 'bind', Source, Target: mount.mountPath, ReadOnly: mount.readOnly };
  }

  #volumeMount(name: string, { mountPath, readOnly, subPath }: Omit<VolumeMountSpec, 'name'>): Mount {
    if (subPath !== undefined)
      throw new Error(`volume ${name} is kept in memory and cannot be mounted by subPath here`);
    return { Type: 'volume', Source: this.#memoryVolume(name), Target: mountPath, ReadOnly: readOnly };
  }

  #memoryVolume(name: string): string {
    return `ebb-${this.#options.id}-${name}`;
  }
}
