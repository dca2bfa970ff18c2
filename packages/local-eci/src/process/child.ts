import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Writable } from 'node:stream';
import { type Clock, messageOf } from '@ebb/base';
import type { CommandLine } from './command.ts';
import type { ContainerLog } from '../lifecycle/container-log.ts';
import type { Exit, Run } from '../lifecycle/sandbox.ts';
import { Taps } from '../lifecycle/taps.ts';
import { within } from '../lifecycle/within.ts';
import { ExecError, type Session } from '../runtime.ts';
import { groupGone, killMarked, signalGroup } from './signals.ts';
import { inTerminal, resizeTerminal, terminalEnvironment } from './terminal.ts';

export interface ChildOptions {
  readonly command: CommandLine;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  readonly log: ContainerLog;
  /** Keep its standard input open, for those who attach. */
  readonly stdin?: boolean;
  /** Its standard input ends with the first who attached and left. */
  readonly stdinOnce?: boolean;
  /** Run it in a terminal. */
  readonly tty?: boolean;
  readonly clock: Clock;
}

/** A container's process, leader of a process group of its own. A stop is told to the whole group. */
export interface Child extends Run {
  /** Undefined if it never began. */
  readonly pid: number | undefined;
}

/** How long output may lag behind the end of the processes that wrote it. */
const drainMs = 5000;

/** Starts a process. Never throws: what cannot start has `startError`. */
export function startChild(options: ChildOptions): Child {
  try {
    return follow(spawnChild(options), options);
  } catch (error) {
    // Too long a command line, or a NUL in it: Node tells of these at once.
    const exited = Promise.resolve({ exitCode: 128, startError: messageOf(error) });
    return {
      pid: undefined,
      exited,
      stop: () => exited,
      attach: () => Promise.reject(new ExecError('it never began')),
    };
  }
}

function spawnChild({ command, cwd, env, stdin, tty }: ChildOptions): ChildProcess {
  const { file, args } = tty ? inTerminal(command) : command;
  const stdio = [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] as const;
  return spawn(file, args, { cwd, env: tty ? terminalEnvironment(env) : env, detached: true, stdio: [...stdio] });
}

function follow(child: ChildProcess, options: ChildOptions): Child {
  const { marker, log, clock } = options;
  const { pid } = child;
  let stopping: Promise<void> | undefined;
  const taps = collectOutput(child, log);
  child.stdin?.on('error', () => undefined); // It ended, and 'exit' says so.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: 128, startError: error.message }));
    child.once('exit', (code, signal) => resolve(exitOf(code, signal)));
  });
  const finish = async (): Promise<Exit> => {
    const exit = await ended;
    if (pid === undefined) return exit;
    // With its first process a container ends; one that is being stopped keeps its grace.
    if (stopping) await stopping;
    else signalGroup(pid, 'SIGKILL');
    await killMarked(marker);
    await within(clock, drainMs, closed);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return exit;
  };
  const exited = finish();
  return {
    pid,
    exited,
    stop: async (graceMs) => {
      if (pid === undefined) return exited;
      if (stopping && graceMs === 0) signalGroup(pid, 'SIGKILL');
      await (stopping ??= stopGroup(pid, graceMs, clock));
      return exited;
    },
    attach: async ({ stdin }) => {
      // What it started may still be there, and it counts as running: its own output is over, and in the log.
      if (child.exitCode !== null || child.signalCode !== null) throw new ExecError('the container has ended');
      return attachTo(child, { ...options, exited, taps, stdin: stdin && options.stdin === true });
    },
  };
}

interface Attaching extends ChildOptions {
  readonly exited: Promise<Exit>;
  readonly taps: Outputs;
  readonly stdin: boolean;
}

function attachTo(child: ChildProcess, { exited, taps, stdin, stdinOnce, tty, clock }: Attaching): Session {
  const target = child.stdin;
  const input =
    stdin && target
      ? new Writable({
          write: (chunk: Buffer, _encoding, done) => void target.write(chunk, () => done()),
          final: (done) => {
            if (stdinOnce) target.end();
            done();
          },
        })
      : undefined;
  return {
    stdin: input,
    stdout: taps.stdout.open(),
    stderr: tty ? undefined : taps.stderr.open(),
    resize: async (size) => {
      if (tty && child.pid !== undefined) await resizeTerminal(child.pid, size, clock);
    },
    exited: exited.then(() => 0),
    close: () => {
      if (input && stdinOnce) target?.end();
    },
  };
}

interface Outputs {
  readonly stdout: Taps;
  readonly stderr: Taps;
}

/** Into the log, and to those who are attached. */
function collectOutput(child: ChildProcess, log: ContainerLog): Outputs {
  const outputs = { stdout: new Taps(), stderr: new Taps() };
  for (const name of ['stdout', 'stderr'] as const) {
    const writer = log.writer();
    const end = (): void => {
      writer.end();
      outputs[name].end();
    };
    child[name]?.on('data', (chunk: Buffer) => {
      writer.write(chunk);
      outputs[name].write(chunk);
    });
    child[name]?.on('close', end);
    // The process is gone, and 'exit' says so.
    child[name]?.on('error', end);
  }
  return outputs;
}

async function stopGroup(pid: number, graceMs: number, clock: Clock): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  if (await groupGone(pid, graceMs, clock)) return;
  signalGroup(pid, 'SIGKILL');
  await groupGone(pid, 5000, clock);
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  const exitCode = exitCodeOf(code, signal);
  return signal === null ? { exitCode } : { exitCode, signal: constants.signals[signal] };
}

/** As a shell would say it. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return signal === null ? (code ?? 0) : 128 + constants.signals[signal];
}
