import type { Clock } from '../clock.ts';
import { linkSignals } from '../signals.ts';
import type { ProbeSpec } from './probe.ts';
import type { ProbeResult } from './check.ts';

export interface ProberOptions {
  readonly spec: ProbeSpec;
  /** Makes one check, and gives up when the signal aborts. Never rejects. */
  readonly check: (signal: AbortSignal) => Promise<ProbeResult>;
  /**
   * Time between checks until the first success, in milliseconds; later it is the probe's period. Left out: the period
   * from the beginning.
   */
  readonly eagerMs?: number;
  /** The verdict changed, by the probe's thresholds; at first there is none. */
  readonly onVerdict: (healthy: boolean) => void;
  /** A check failed, told at the pace of the probe's period. */
  readonly onFailure: (message: string) => void;
  readonly clock: Clock;
}

/** Probes until aborted. Never rejects. */
export async function runProber(options: ProberOptions, signal: AbortSignal): Promise<void> {
  const { spec, clock, eagerMs } = options;
  const periodMs = spec.periodSeconds * 1000;
  const judge = createJudge(options);
  try {
    await clock.sleep(spec.initialDelaySeconds * 1000, { signal });
    let succeeded = eagerMs === undefined;
    let toldAtMs = clock.now();
    for (;;) {
      const result = await checkOnce(options, signal);
      signal.throwIfAborted();
      if (result === undefined) {
        succeeded = true;
        judge(true);
      } else if (succeeded || clock.now() - toldAtMs >= periodMs) {
        // Looked at more often than asked for, a failure counts no more than once a period.
        toldAtMs = clock.now();
        judge(false);
        options.onFailure(result);
      }
      await clock.sleep(succeeded ? periodMs : Math.min(eagerMs ?? periodMs, periodMs), { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Turns results into verdicts: so many in a row, of one kind, make a change. */
function createJudge({ spec, onVerdict }: ProberOptions): (success: boolean) => void {
  let healthy: boolean | undefined;
  let row = 0;
  let last: boolean | undefined;
  return (success) => {
    row = success === last ? row + 1 : 1;
    last = success;
    if (success === healthy || row < (success ? spec.successThreshold : spec.failureThreshold)) return;
    healthy = success;
    onVerdict(success);
  };
}

async function checkOnce({ spec, check, clock }: ProberOptions, signal: AbortSignal): Promise<ProbeResult> {
  const link = linkSignals(signal);
  const late = new Error(`no answer within ${spec.timeoutSeconds} s`);
  let timer: Disposable | undefined;
  const timeout = new Promise<ProbeResult>((resolve) => {
    timer = clock.after(spec.timeoutSeconds * 1000, () => {
      link.abort(late);
      resolve(late.message);
    });
  });
  try {
    return await Promise.race([check(link.signal), timeout]);
  } finally {
    timer?.[Symbol.dispose]();
    link[Symbol.dispose]();
  }
}
