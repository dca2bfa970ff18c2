import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@ebb/base';
import { ExecError, type Session, type SessionRequest } from '../runtime.ts';
import { exitCodeOf } from './child.ts';
import type { CommandLine } from './command.ts';
import { signalGroup } from './signals.ts';
import { inTerminal, resizeTerminal, terminalEnvironment } from './terminal.ts';

export interface CommandOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Told of its process group, which is to be ended with the runtime; disposed when it has ended. */
  readonly track: (pid: number) => Disposable;
  readonly clock: Clock;
}

/** How long a command whose client left may take to end by itself. */
const hangUpMs = 2000;

/** Runs a command beside a container with streams. Rejects with `ExecError` if it cannot be started. */
export async function openCommand(
  { command, cwd, env, track, clock }: CommandOptions,
  { stdin, tty }: SessionRequest,
): Promise<Session> {
  const [file, ...args] = command;
  if (file === undefined) throw new ExecError('there is no command');
  const line = tty ? inTerminal({ file, args }) : { file, args };
  const child = await start(line, { cwd, env: tty ? terminalEnvironment(env) : env, stdin });
  const { stdout, stderr, pid } = child;
  if (!stdout || !stderr || pid === undefined) throw new ExecError('its streams could not be opened');
  const tracked = track(pid);
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      tracked[Symbol.dispose]();
      resolve(exitCodeOf(code, signal));
    });
  });
  // What it left running in the background holds its output open: nobody waits for that.
  void exited.then(() => clock.after(hangUpMs, () => [stdout, stderr].forEach((stream) => stream.destroy())));
  child.stdin?.on('error', () => undefined); // It ended without reading all.
  return {
    stdin: child.stdin ?? undefined,
    stdout,
    stderr: tty ? undefined : stderr,
    resize: async (size) => {
      if (tty) await resizeTerminal(pid, size, clock);
    },
    exited,
    close: () => {
      hangUp(child, pid, clock);
    },
  };
}

/** As a terminal does when its line is cut. */
function hangUp({ exitCode, signalCode }: ChildProcess, pid: number, clock: Clock): void {
  if (exitCode !== null || signalCode !== null) return;
  signalGroup(pid, 'SIGHUP');
  clock.after(hangUpMs, () => signalGroup(pid, 'SIGKILL'));
}

interface StartOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: boolean;
}

function start({ file, args }: CommandLine, { cwd, env, stdin }: StartOptions): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    child.once('spawn', () => resolve(child));
    child.once('error', (error: NodeJS.ErrnoException) => {
      const text = error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message;
      reject(new ExecError(`exec: ${JSON.stringify(file)}: ${text}`, { cause: error }));
    });
  });
}
