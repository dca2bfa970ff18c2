import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Clock, messageOf } from '@ebb/base';
import type { CommandLine } from './command.ts';
import type { ContainerLog } from '../lifecycle/container-log.ts';
import type { Exit, Run } from '../lifecycle/sandbox.ts';
import { within } from '../lifecycle/within.ts';
import { groupGone, killMarked, signalGroup } from './signals.ts';

export interface ChildOptions {
  readonly command: CommandLine;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  readonly log: ContainerLog;
  readonly clock: Clock;
}

/** A container's process, leader of a process group of its own. A stop is told to the whole group. */
export interface Child extends Run {
  /** Undefined if it never began. */
  readonly pid: number | undefined;
}

/** How long output may lag behind the end of the processes that wrote it. */
const drainMs = 1000;

/** Starts a process. Never throws: what cannot start has `startError`. */
export function startChild(options: ChildOptions): Child {
  try {
    return follow(spawnChild(options), options);
  } catch (error) {
    // Too long a command line, or a NUL in it: Node tells of these at once.
    const exited = Promise.resolve({ exitCode: 128, startError: messageOf(error) });
    return { pid: undefined, exited, stop: () => exited };
  }
}

function spawnChild({ command, cwd, env }: ChildOptions): ChildProcess {
  return spawn(command.file, command.args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

function follow(child: ChildProcess, { marker, log, clock }: ChildOptions): Child {
  const { pid } = child;
  let stopping: Promise<void> | undefined;
  collectOutput(child, log);
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
      if (pid !== undefined) await (stopping ??= stopGroup(pid, graceMs, clock));
      return exited;
    },
  };
}

function collectOutput({ stdout, stderr }: ChildProcess, log: ContainerLog): void {
  for (const stream of [stdout, stderr]) {
    const writer = log.writer();
    stream?.on('data', (chunk: Buffer) => writer.write(chunk));
    stream?.on('close', () => writer.end());
    // The process is gone, and 'exit' says so.
    stream?.on('error', () => writer.end());
  }
}

async function stopGroup(pid: number, graceMs: number, clock: Clock): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  if (await groupGone(pid, graceMs, clock)) return;
  signalGroup(pid, 'SIGKILL');
  await groupGone(pid, 5000, clock);
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (signal === null) return { exitCode: code ?? 0 };
  const number = constants.signals[signal];
  return { exitCode: 128 + number, signal: number };
}
