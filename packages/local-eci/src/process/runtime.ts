import { tmpdir, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Clock, Logger } from '@ebb/base';
import { ContainerGroup } from '../lifecycle/group.ts';
import { within } from '../lifecycle/within.ts';
import type { Sandbox } from '../lifecycle/sandbox.ts';
import type { Runtime } from '../runtime.ts';
import type { AppFolder } from './apps.ts';
import { LiveProcesses } from './live-processes.ts';
import { Ports } from './ports.ts';
import { type RunFolder, openRunFolder } from './run-folder.ts';
import { openProcessSandbox } from './sandbox.ts';
import { Slots } from './slots.ts';
import { ProcessTable } from './usage.ts';

export interface ProcessRuntimeOptions {
  /** The app an image reference means, now; asked again every 2 s while there is none. See `appNameOf`. */
  readonly images: (image: string) => AppFolder | undefined;
  /** Names to show a person whose image is not among them. Default: none. */
  readonly imageNames?: () => readonly string[];
  /** Where volumes and the list of processes are kept. Default: a folder of this user in the system's temporary one. */
  readonly dataDir?: string;
  /** The environment a few harmless variables are taken from: PATH, HOME, LANG, TMPDIR, TZ. Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Containers that run at a time; others wait for one to end. Default: one for each 64 MiB of the machine's memory. */
  readonly maxContainers?: number;
  /** How long `close` waits for processes that were asked to end, however long their own grace is. Default: 5000. */
  readonly closeGraceMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Less than most apps take. */
const containerBytes = 64 * 2 ** 20;

/** How often a missing app is looked for again: it may be about to be written. */
const imageRetryMs = 2000;

/**
 * Runs each container as a process of this machine, in the folder its image stands for. There is no isolation: processes
 * see the machine's files and network as this user does. At its first start it ends what a run that was killed left behind.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const { images, imageNames = () => [], environment = process.env, closeGraceMs = 5000, clock, logger } = options;
  const maxContainers = options.maxContainers ?? Math.max(1, Math.floor(totalmem() / containerBytes));
  const slots = new Slots(maxContainers);
  const ports = new Ports();
  const live = new LiveProcesses();
  const table = new ProcessTable(clock);
  const groups = new Map<string, ContainerGroup>();
  let folder: Promise<RunFolder> | undefined;
  const runFolder = (): Promise<RunFolder> => (folder ??= openRunFolder(options.dataDir ?? defaultFolder(), logger));
  return {
    create: (id, spec, host) => {
      const openSandbox = async (): Promise<Sandbox> =>
        openProcessSandbox({
          id,
          spec,
          images,
          imageNames,
          slots,
          onFull: (container) => {
            const message = `Container ${container} waits for another to end: this machine runs ${maxContainers} at a time`;
            host.event({ type: 'Warning', reason: 'FailedScheduling', message });
          },
          ports,
          runFolder: await runFolder(),
          live,
          table,
          parentEnvironment: environment,
          clock,
        });
      const group = new ContainerGroup({
        spec,
        host,
        openSandbox,
        imageRetryMs: () => imageRetryMs,
        clock,
        logger: logger.child({ group: id }),
        onStopped: () => void groups.delete(id),
      });
      groups.set(id, group);
      group.start();
      return group;
    },
    close: async () => {
      const stopped = Promise.all([...groups.values()].map((group) => group.stop()));
      await within(clock, closeGraceMs, stopped);
      // Kills those still there.
      live[Symbol.dispose]();
      await stopped;
      groups.clear();
      if (folder) await (await folder).remove();
    },
  };
}

function defaultFolder(): string {
  return join(tmpdir(), `ebb-${userInfo().uid}`, 'process-runtime');
}
