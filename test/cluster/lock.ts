import { open, readFile, rm } from 'node:fs/promises';
import { systemClock } from '@ebb/base';

/** Runs `work` while no other process on this machine holds the lock file; waits for its turn. */
export async function withLock(path: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  let told = false;
  while (!(await take(path))) {
    if (!told) say(`waiting for another process that holds ${path}`);
    told = true;
    await systemClock.sleep(500);
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** A holder that is no longer alive holds nothing. */
async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
