import { readFile, readdir } from 'node:fs/promises';
import type { Clock } from '@ebb/base';
import { markerName } from './environment.ts';

const pollMs = 10;

/** Signals a process group. False if nothing of it is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  return signalTo(-pid, signal);
}

/** Waits until no process of a group is left alive, at most `limitMs`. */
export async function groupGone(pid: number, limitMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.now() + limitMs;
  for (let poll = 1; signalGroup(pid, 0); poll += 1) {
    // Where nobody reaps orphans the dead stay in the group for good.
    if (poll % 10 === 0 && !(await hasLiving(pid))) return true;
    if (clock.now() >= deadline) return false;
    await clock.sleep(pollMs);
  }
  return true;
}

async function hasLiving(group: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  for (const pid of await allPids()) {
    const stat = await readProc(pid, 'stat');
    // After the name in brackets: state, parent, process group.
    const [state = '', , member] = stat
      .subarray(stat.lastIndexOf(')') + 2)
      .toString('latin1')
      .split(' ');
    if (Number(member) === group && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

/**
 * Kills the processes that carry `marker` in the environment they were started with, wherever they went: those that left
 * their process group too. Linux only; elsewhere there is no way to tell, and nothing is done.
 */
export async function killMarked(marker: string): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    const pids = await findMarked(marker);
    if (pids.length === 0) return;
    for (const pid of pids) signalTo(pid, 'SIGKILL');
  }
}

async function findMarked(marker: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const wanted = Buffer.from(`\0${markerName}=${marker}\0`);
  const found: number[] = [];
  for (const pid of await allPids()) {
    if (Buffer.concat([Buffer.from('\0'), await readProc(pid, 'environ')]).includes(wanted)) found.push(pid);
  }
  return found;
}

/** Every process but this one. */
export async function allPids(): Promise<number[]> {
  const entries = await readdir('/proc');
  return entries.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

/** Empty if it has ended, or is someone else's. */
export async function readProc(pid: number, file: 'stat' | 'environ'): Promise<Buffer> {
  try {
    return await readFile(`/proc/${pid}/${file}`);
  } catch {
    // Ended meanwhile, or someone else's.
    return Buffer.alloc(0);
  }
}

function signalTo(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    // ESRCH: gone. EPERM: only dead ones left, or not ours any more.
    return false;
  }
}
