import { type Clock, linkSignals } from '@ebb/base';
import { type ProbeTarget, check } from '@ebb/base/probe';
import type { HookSpec } from '../model.ts';
import type { Run } from './sandbox.ts';

/** After a hook there is still so long to stop in, as with a kubelet. */
const leastGraceMs = 2000;

/** Does what a hook says. Undefined if that succeeded, else why not; it is given up when aborted. */
export function runHook(
  { action, host }: HookSpec,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  const elsewhere = host === undefined || host === target.host ? target : { ...target, host, portOf: identity };
  return check(action, elsewhere, signal);
}

const identity = (port: number): number => port;

interface EndOptions {
  readonly run: Run;
  readonly hook: HookSpec | undefined;
  readonly target: ProbeTarget;
  readonly graceMs: number;
  /** Told why the hook failed. */
  readonly onFailure: (message: string) => void;
  readonly clock: Clock;
}

/** Stops a run: its hook first, for which the grace counts too. Resolves when it has ended. */
export async function endRun({ run, hook, target, graceMs, onFailure, clock }: EndOptions): Promise<void> {
  const beganMs = clock.now();
  if (hook && graceMs > 0) {
    using link = linkSignals();
    using _limit = clock.after(graceMs, () => link.abort(new Error(`it took longer than ${graceMs / 1000} s`)));
    const ended = run.exited.then(() => undefined);
    const failure = await Promise.race([runHook(hook, target, link.signal), ended]);
    link.abort();
    if (failure !== undefined) onFailure(failure);
  }
  const leftMs = graceMs - (clock.now() - beganMs);
  await run.stop(Math.max(leftMs, Math.min(graceMs, leastGraceMs)));
}
