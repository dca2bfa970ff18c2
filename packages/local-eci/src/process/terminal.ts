import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Clock } from '@ebb/base';
import type { TerminalSize } from '@ebb/base/channels';
import { ExecError } from '../runtime.ts';
import type { CommandLine } from './command.ts';

/** Node has no way to open a terminal; `script` of util-linux does it for others, and every Linux system has it. */
const opener = 'script';

const retries = 40;
const retryMs = 25;

/** The command line that runs another one in a terminal of its own, and ends with its exit code. Throws `ExecError` where there is no such way. */
export function inTerminal({ file, args }: CommandLine): CommandLine {
  const path = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, opener));
  const found = process.platform === 'linux' ? path.find((each) => existsSync(each)) : undefined;
  if (found === undefined) {
    throw new ExecError(
      'a process of this machine gets a terminal only on Linux, with script(1) of util-linux; ask for none (-i without -t)',
    );
  }
  const words = [file, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return {
    file: found,
    args: ['--quiet', '--flush', '--return', '--echo', 'always', '--command', `exec ${words}`, '/dev/null'],
  };
}

/** The environment of what runs in a terminal. */
export function terminalEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  return { TERM: 'xterm', ...environment, SHELL: '/bin/sh' };
}

/** Tells the terminal that `inTerminal` opened its size. It may not be open yet; if it never is, nothing happens. */
export async function resizeTerminal(openerPid: number, { width, height }: TerminalSize, clock: Clock): Promise<void> {
  for (let attempt = 0; attempt < retries; attempt += 1) {
    const terminal = await terminalOf(openerPid);
    if (terminal !== undefined) {
      await new Promise<void>((resolve) => {
        execFile('stty', ['-F', terminal, 'rows', String(height), 'cols', String(width)], () => resolve());
      });
      return;
    }
    await clock.sleep(retryMs);
  }
}

/** The terminal of what the opener runs. */
async function terminalOf(openerPid: number): Promise<string | undefined> {
  try {
    const children = await readFile(`/proc/${openerPid}/task/${openerPid}/children`, 'utf8');
    const [child] = children.trim().split(' ');
    if (!child) return undefined;
    const path = await readlink(`/proc/${child}/fd/0`);
    return path.startsWith('/dev/pts/') ? path : undefined;
  } catch {
    // Not there yet, or not any more.
    return undefined;
  }
}
