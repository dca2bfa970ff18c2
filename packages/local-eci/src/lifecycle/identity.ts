import { readFileSync } from 'node:fs';

/** A process, told apart from another that gets its number later. */
export interface Identity {
  readonly pid: number;
  /** In the kernel's own words; `-` where it has none. */
  readonly startedAt: string;
}

export const identityText = (pid: number): string => `${pid} ${startTime(pid) ?? '-'}`;

/** Undefined if it is no identity. */
export function parseIdentity(text: string): Identity | undefined {
  const [pid = '', startedAt = ''] = text.split(' ');
  return /^[1-9]\d*$/.test(pid) && startedAt !== '' ? { pid: Number(pid), startedAt } : undefined;
}

/** True if that very process lives. */
export function isAlive({ pid, startedAt }: Identity): boolean {
  return startedAt === '-' ? exists(pid) : startTime(pid) === startedAt;
}

/** Undefined if the process is gone, or there is no /proc to ask. */
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

/** Also as the leader of a process group whose first process is gone. */
function exists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    // ESRCH: gone. EPERM: not ours any more.
    return false;
  }
}
