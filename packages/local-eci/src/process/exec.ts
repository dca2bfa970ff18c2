import { type Clock, messageOf } from '@ebb/base';
import { ExecError, type ExecResult } from '../runtime.ts';
import { startChild } from './child.ts';
import { ContainerLog } from './log.ts';

export interface ExecOptions {
  readonly command: readonly string[];
  /** Undefined if the container has not run yet. */
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly marker: string;
  readonly clock: Clock;
  /** Ends the command and all it started. */
  readonly signal: AbortSignal;
}

/** Runs a command beside a container, in its folder and with its environment. Throws `ExecError` if it cannot. */
export async function execute({ command, cwd, env, marker, clock, signal }: ExecOptions): Promise<ExecResult> {
  const [file, ...args] = command;
  if (cwd === undefined || file === undefined) throw new ExecError('the container is not running');
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
