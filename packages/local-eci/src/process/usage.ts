import type { Clock } from '@ebb/base';
import { allPids, readProc } from './signals.ts';

/** What one process uses, by `/proc/<pid>/stat` (proc(5)). */
interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Of itself and of its children that ended, in ticks. */
  readonly ticks: number;
  readonly residentPages: number;
}

export interface ProcessUsage {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

/** Linux tells user space of time in hundredths of a second, whatever the kernel counts in. */
const nanosecondsPerTick = 10_000_000;
const pageBytes = 4096;
/** All groups are asked after at once; the table is not read again for each. */
const maxAgeMs = 500;

/** The machine's processes, read when asked and kept for a moment. Where there is no `/proc` it is empty. */
export class ProcessTable {
  readonly #clock: Clock;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #processes: Promise<readonly ProcessStat[]> = Promise.resolve([]);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a process uses with all that descends from it or is of its process group; undefined if it is not there. */
  async usageOf(leader: number): Promise<ProcessUsage | undefined> {
    const all = await this.#read();
    const family = new Set([leader]);
    // Parents come before their children but where numbers began anew: a second round finds those.
    for (let round = 0; round < 2; round += 1) {
      for (const { pid, parent, group } of all) if (group === leader || family.has(parent)) family.add(pid);
    }
    const members = all.filter(({ pid }) => family.has(pid));
    if (!members.some(({ pid }) => pid === leader)) return undefined;
    return {
      cpuNanoseconds: members.reduce((sum, { ticks }) => sum + ticks, 0) * nanosecondsPerTick,
      memoryBytes: members.reduce((sum, { residentPages }) => sum + residentPages, 0) * pageBytes,
    };
  }

  #read(): Promise<readonly ProcessStat[]> {
    const nowMs = this.#clock.now();
    if (nowMs - this.#readAtMs > maxAgeMs) {
      this.#readAtMs = nowMs;
      this.#processes = readProcesses();
    }
    return this.#processes;
  }
}

async function readProcesses(): Promise<readonly ProcessStat[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await allPids()).toSorted((a, b) => a - b);
  const stats = await Promise.all(pids.map(async (pid) => parseStat(pid, await readProc(pid, 'stat'))));
  return stats.filter((stat) => stat !== undefined);
}

/** After the name in brackets, which may hold anything: state, parent, process group and so on. */
function parseStat(pid: number, stat: Buffer): ProcessStat | undefined {
  const fields = stat
    .subarray(stat.lastIndexOf(')') + 2)
    .toString('latin1')
    .split(' ');
  if (fields.length < 22) return undefined;
  const number = (field: number): number => Number(fields[field - 3] ?? 0);
  const ticks = number(14) + number(15) + number(16) + number(17);
  return { pid, parent: number(4), group: number(5), ticks, residentPages: Math.max(0, number(24)) };
}
