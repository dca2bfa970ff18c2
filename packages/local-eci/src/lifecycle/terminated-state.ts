import type { ContainerSpec, ContainerState } from '../model.ts';
import type { ContainerLog } from './container-log.ts';
import type { Exit } from './sandbox.ts';

/** How much of the log is shown as the reason of a failure (Kubernetes' own limits). */
const messageLines = 80;
const messageBytes = 2048;

interface Facts {
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly log: ContainerLog;
}

/** The state of a container that ended. Its message is what it left in its file; failing that, and if it failed, its last lines. */
export function terminatedState(
  { exitCode, signal, startError, outOfMemory, message = '' }: Exit,
  { terminationMessagePolicy }: ContainerSpec,
  { startedAtMs, finishedAtMs, log }: Facts,
): ContainerState {
  const fromLog = message === '' && exitCode !== 0 && terminationMessagePolicy === 'FallbackToLogsOnError';
  return {
    state: 'Terminated',
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    reason: reasonOf({ exitCode, startError, outOfMemory }),
    message: startError ?? (fromLog ? log.tail(messageLines, messageBytes) : message),
    startedAtMs,
    finishedAtMs,
  };
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
