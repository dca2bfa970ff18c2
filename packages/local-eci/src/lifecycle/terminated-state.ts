import type { ContainerSpec, ContainerState } from '../model.ts';
import type { ContainerLog } from './container-log.ts';
import { ignoresExitCode } from './order.ts';
import type { Exit } from './sandbox.ts';

/** How much of the log is shown as the reason of a failure (Kubernetes' own limits). */
const messageLines = 80;
const messageBytes = 2048;

interface Facts {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly log: ContainerLog;
}

/**
 * The state of a container that ended. Its message is what it left in its file; failing that, and if it failed, its last lines.
 * One whose exit code does not count has succeeded, and its message tells how it ended.
 */
export function terminatedState(
  { exitCode, signal, startError, outOfMemory, message = '' }: Exit,
  spec: ContainerSpec,
  { startedAtMs, finishedAtMs, log }: Facts,
): ContainerState {
  const fromLog = message === '' && exitCode !== 0 && spec.terminationMessagePolicy === 'FallbackToLogsOnError';
  const words = startError ?? (fromLog ? log.tail(messageLines, messageBytes) : message);
  const reason = reasonOf({ exitCode, startError, outOfMemory });
  const times = { startedAtMs, finishedAtMs };
  if (exitCode !== 0 && ignoresExitCode(spec)) {
    const what = `exit code ${exitCode}, ${reason}${words && `: ${words}`}`;
    return { state: 'Terminated', exitCode: 0, reason: 'Completed', message: what, ...times };
  }
  const end = { exitCode, ...(signal === undefined ? {} : { signal }), reason, message: words };
  return { state: 'Terminated', ...end, ...times };
}

function reasonOf({
  exitCode,
  startError,
  outOfMemory,
}: {
  readonly exitCode: number;
  readonly startError: string | undefined;
  readonly outOfMemory: boolean | undefined;
}): string {
  if (startError !== undefined) return 'StartError';
  if (outOfMemory) return 'OOMKilled';
  return exitCode === 0 ? 'Completed' : 'Error';
}
