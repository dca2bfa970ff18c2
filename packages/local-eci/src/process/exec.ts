import { type Clock, messageOf } from '@ebb/base';
import { ContainerLog } from '../lifecycle/container-log.ts';
import { ExecError, type ExecResult } from '../runtime.ts';
import { startChild } from './child.ts';

export interface ExecOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  readonly clock: Clock;
  /** Ends the command and all it started. */
  readonly signal: AbortSignal;
}

/** Runs a command beside a container, in its folder and with its environment. Throws `ExecError` if it cannot. */
export async function execute({ command, cwd, env, marker, clock, signal }: ExecOptions): Promise<ExecResult> {
  const [file, ...args] = command;
  if (file === undefined) throw new ExecError('there is no command');
  if (signal.aborted) throw new ExecError(messageOf(signal.reason));
  const log = new ContainerLog(clock);
  const child = startChild({ command: { file, args }, cwd, env, marker, log, clock });
  const onAbort = (): void => {
    // `exited` below is waited for; stopping adds nothing to it.
    void child.stop(0);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { exitCode, startError } = await child.exited;
    if (startError !== undefined) throw new ExecError(startError);
    if (signal.aborted) throw new ExecError(messageOf(signal.reason));
    const output = Buffer.concat(log.lines.flatMap((line) => [line.text, Buffer.from('\n')])).toString('utf8');
    return { exitCode, output };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
