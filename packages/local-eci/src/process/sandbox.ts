import type { Clock } from '@ebb/base';
import type { ContainerSpec, GroupSpec } from '../model.ts';
import { ExecError } from '../runtime.ts';
import { ImageError, type Run, type Sandbox } from '../lifecycle/sandbox.ts';
import type { ContainerLog } from '../lifecycle/container-log.ts';
import { hostNameOf } from '../lifecycle/environment.ts';
import { makeMessageFile, readMessage } from '../lifecycle/termination-message.ts';
import { type VolumeFolders, layOutVolumes, mountSource, updateVolumes } from '../lifecycle/volumes.ts';
import type { AppFolder } from './apps.ts';
import { startChild } from './child.ts';
import { commandLine, workingFolder } from './command.ts';
import { containerEnvironment } from './environment.ts';
import { execute } from './exec.ts';
import { openCommand } from './session.ts';
import type { ProcessTable } from './usage.ts';
import { GroupPorts } from './group-ports.ts';
import type { LiveProcesses } from './live-processes.ts';
import type { Ports } from './ports.ts';
import type { RunFolder } from './run-folder.ts';
import type { Slots } from './slots.ts';

export interface ProcessSandboxOptions {
  readonly id: string;
  readonly spec: GroupSpec;
  readonly images: (image: string) => AppFolder | undefined;
  readonly imageNames: () => readonly string[];
  /** Of the containers of all groups. */
  readonly slots: Slots;
  /** A container must wait for its turn. */
  readonly onFull: (container: string) => void;
  readonly ports: Ports;
  readonly runFolder: RunFolder;
  readonly live: LiveProcesses;
  readonly table: ProcessTable;
  readonly parentEnvironment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** The address of every group: processes share the machine's network. */
const groupIp = '127.0.0.1';

/** What a running container was started with, for the commands run beside it, and its process. */
interface Started {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid?: number;
}

/** Containers as processes of this machine, sharing its loopback. Throws if the disk refuses the volumes. */
export function openProcessSandbox(options: ProcessSandboxOptions): Sandbox {
  const { id, spec, images, imageNames, slots, onFull, runFolder, live, parentEnvironment, clock } = options;
  const ports = new GroupPorts(options.ports);
  const folders: VolumeFolders = { group: runFolder.groupFolder(id), shares: runFolder.shares };
  layOutVolumes(spec.volumes, folders);
  const started = new Map<string, Started>();

  const appOf = ({ image }: ContainerSpec): AppFolder => {
    const app = images(image);
    if (!app) throw new ImageError(missing(image, imageNames()));
    return app;
  };
  const start: Sandbox['start'] = async (container, log, { signal }): Promise<Run> => {
    if (slots.isFull) onFull(container.name);
    const slot = await slots.take(signal);
    try {
      const run = await startNow(container, log, signal);
      void run.exited.then(() => slot[Symbol.dispose]());
      return run;
    } catch (error) {
      slot[Symbol.dispose]();
      throw error;
    }
  };
  const startNow = async (container: ContainerSpec, log: ContainerLog, signal: AbortSignal): Promise<Run> => {
    const app = appOf(container);
    const port = await ports.assign(container);
    signal.throwIfAborted();
    const marker = `${id}/${container.name}`;
    const mounts = container.volumeMounts.map((mount) => mountSource(mount, spec.volumes, folders));
    const messageFile = makeMessageFile(folders.group, container.name);
    const env = containerEnvironment({
      spec: container,
      hostName: hostNameOf(spec),
      folder: app.folder,
      ip: groupIp,
      port,
      mounts,
      messageFile,
      marker,
      parent: parentEnvironment,
    });
    const cwd = workingFolder(container, app);
    started.set(container.name, { cwd, env });
    const { stdin = false, stdinOnce = false, tty = false } = container;
    const command = commandLine(container, app, env);
    const child = startChild({ command, cwd, env, marker, log, stdin, stdinOnce, tty, clock });
    if (child.pid === undefined) return child;
    started.set(container.name, { cwd, env, pid: child.pid });
    const tracked = track(child.pid);
    void child.exited.then(() => tracked[Symbol.dispose]());
    const exited = child.exited.then((exit) => ({ ...exit, message: readMessage(messageFile) }));
    return { ...child, exited, stop: (graceMs) => child.stop(graceMs).then(() => exited) };
  };

  /** Ended with this process, or by the next if this one was killed. */
  const track = (pid: number): Disposable => {
    runFolder.record(pid);
    return live.add(pid);
  };

  return {
    ip: groupIp,
    portOf: (declared) => ports.portOf(declared),
    pull: (container) => {
      appOf(container);
      return Promise.resolve(undefined);
    },
    start,
    exec: (container, command, { signal }) => {
      const beside = started.get(container.name);
      if (!beside) throw new ExecError('the container has not run yet');
      return execute({ ...beside, command, marker: `${id}/${container.name}/exec`, clock, signal });
    },
    open: async (container, command, request) => {
      const beside = started.get(container.name);
      if (!beside) throw new ExecError('the container has not run yet');
      return openCommand({ ...beside, command, track, clock }, request);
    },
    usage: async (names) => {
      const all = await Promise.all(
        names.map(async (name) => {
          const pid = started.get(name)?.pid;
          const usage = pid === undefined ? undefined : await options.table.usageOf(pid);
          return usage && { name, ...usage };
        }),
      );
      return all.filter((usage) => usage !== undefined);
    },
    updateVolumes: (volumes) => {
      updateVolumes(volumes, folders);
      return Promise.resolve();
    },
    close: async () => {
      ports.release();
      await runFolder.removeGroup(id);
    },
  };
}

function missing(image: string, names: readonly string[]): string {
  const found = names.length === 0 ? 'none found' : `found: ${names.join(', ')}`;
  return (
    `image "${image}" cannot be run here: this machine runs only folders as dev.local/<name> (${found}); ` +
    'a folder is one if it has a Procfile with a web: line, a package.json with a start script, or an executable file named start or as the folder'
  );
}
