import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@ebb/base';
import { type Identity, identityText, isAlive, parseIdentity } from '../lifecycle/identity.ts';
import { signalGroup } from './signals.ts';

/**
 * The private folder of one run of the process runtime. It holds the groups' volumes, and a list of the processes
 * started, so that the next run can end what this one left behind if it was killed outright.
 */
export interface RunFolder {
  readonly path: string;
  /** What outlives groups and runs: the folder that stands in for network storage. */
  readonly shares: string;
  /** Writes down a process group just started. */
  record(pid: number): void;
  /** Makes the folder of a group. */
  groupFolder(id: string): string;
  /** Removes it again. */
  removeGroup(id: string): Promise<void>;
  remove(): Promise<void>;
}

const prefix = 'run-';

/** Opens a run folder below `base`, after clearing away those of runs that died. */
export async function openRunFolder(base: string, logger: Logger): Promise<RunFolder> {
  await mkdir(base, { recursive: true, mode: 0o700 });
  await clearDeadRuns(base, logger);
  const path = await mkdtemp(join(base, prefix));
  writeFileSync(join(path, 'owner'), `${identityText(process.pid)}\n`);
  return {
    path,
    shares: join(base, 'shares'),
    record: (pid) => appendFileSync(join(path, 'processes'), `${identityText(pid)}\n`),
    groupFolder: (id) => {
      const folder = join(path, id);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    removeGroup: (id) => rm(join(path, id), { recursive: true, force: true }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Kills what dead runs left, and removes their folders. A run that lives is left alone. */
async function clearDeadRuns(base: string, logger: Logger): Promise<void> {
  for (const entry of await readdir(base)) {
    if (!entry.startsWith(prefix)) continue;
    const folder = join(base, entry);
    const [owner] = await readIdentities(join(folder, 'owner'));
    // Without an owner on record the run has only just begun, or never did.
    if (!owner || isAlive(owner)) continue;
    for (const identity of await readIdentities(join(folder, 'processes'))) {
      if (!isAlive(identity)) continue;
      logger.warn({ pid: identity.pid }, 'ending a process that an earlier run left behind');
      signalGroup(identity.pid, 'SIGKILL');
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function readIdentities(path: string): Promise<Identity[]> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.flatMap((line) => parseIdentity(line) ?? []);
  } catch {
    // Not written yet.
    return [];
  }
}
