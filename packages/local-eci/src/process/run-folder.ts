import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@ebb/base';
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
  writeFileSync(join(path, 'owner'), identityLine(process.pid));
  return {
    path,
    shares: join(base, 'shares'),
    record: (pid) => appendFileSync(join(path, 'processes'), identityLine(pid)),
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

interface Identity {
  readonly pid: number;
  readonly startedAt: string;
}

const identityLine = (pid: number): string => `${pid} ${startTime(pid) ?? '-'}\n`;

async function readIdentities(path: string): Promise<Identity[]> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.flatMap((line) => {
      const [pid = '', startedAt = ''] = line.split(' ');
      return /^[1-9]\d*$/.test(pid) && startedAt !== '' ? [{ pid: Number(pid), startedAt }] : [];
    });
  } catch {
    // Not written yet.
    return [];
  }
}

/** The same process, and not another that got its number. */
function isAlive({ pid, startedAt }: Identity): boolean {
  return startedAt === '-' ? signalGroup(pid, 0) : startTime(pid) === startedAt;
}

/** When a process began, in the kernel's own words; undefined if it is gone, or there is no /proc to ask. */
function startTime(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, in brackets, may itself hold spaces and brackets; the start time is the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
