/** Delays that grow by `factor` from `baseMs` to `capMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  /** Default 2. */
  readonly factor?: number;
  /** Share of a delay, 0 to 1, that chance may take away. Default 0.5. */
  readonly jitter?: number;
}

/** The wait before try number `failures + 1`, in milliseconds; `random` gives numbers in [0, 1). */
export function backoffMs(
  { baseMs, capMs, factor = 2, jitter = 0.5 }: Backoff,
  failures: number,
  random: () => number,
): number {
  const delay = Math.min(capMs, baseMs * factor ** Math.max(0, failures - 1));
  return delay * (1 - jitter * random());
}
