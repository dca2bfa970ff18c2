/** Probes per second that all instances together may cost: with n of them each waits at least n ms. */
const leastMsPerTarget = 1;

const slowestMs = 1000;

export interface ProbeSituation {
  /** Requests wait for this instance. */
  readonly urgent: boolean;
  /** Time since the first attempt, in milliseconds. */
  readonly elapsedMs: number;
  /** Instances that are being probed. */
  readonly targets: number;
}

/**
 * Time from the end of a failed attempt to the next. While requests wait each millisecond of it is added to their cold
 * start; when nobody does, less and less is spent on an instance that does not come up.
 */
export function probeIntervalMs({ urgent, elapsedMs, targets }: ProbeSituation): number {
  return Math.max(targets * leastMsPerTarget, urgent ? urgentMs(elapsedMs) : calmMs(elapsedMs));
}

function urgentMs(elapsedMs: number): number {
  if (elapsedMs < 3000) return 5;
  return elapsedMs < 20_000 ? 10 : 50;
}

function calmMs(elapsedMs: number): number {
  return Math.min(slowestMs, Math.max(50, elapsedMs / 20));
}
