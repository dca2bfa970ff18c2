/** Limits of one exchange, in milliseconds (data-path.md, section 8). */
export interface Timeouts {
  /** From arrival to the end of the response. */
  readonly totalMs: number;
  /** From arrival to the first byte of the response; undefined is none. */
  readonly responseStartMs: number | undefined;
  /** Longest silence of the response, and of the instance before it; undefined is none. */
  readonly idleMs: number | undefined;
  /** Longest wait for an instance, where nobody starts one. Default: as long as the request may take. */
  readonly waitMs?: number | undefined;
  /** Longest wait for a slot while instances are ready: a cold start does not count. Default: as long as the request may take. */
  readonly queueMs?: number | undefined;
}

/** How far an exchange is. Times in milliseconds since the epoch. */
export interface Progress {
  readonly arrivedAt: number;
  /** The last sign of life of the response; undefined before the first. */
  readonly lastByteAt: number | undefined;
}

/** When the first of the limits is reached. */
export function deadlineOf(timeouts: Timeouts, { arrivedAt, lastByteAt }: Progress): number {
  let deadline = arrivedAt + timeouts.totalMs;
  if (lastByteAt === undefined && timeouts.responseStartMs !== undefined) {
    deadline = Math.min(deadline, arrivedAt + timeouts.responseStartMs);
  }
  if (timeouts.idleMs !== undefined) deadline = Math.min(deadline, (lastByteAt ?? arrivedAt) + timeouts.idleMs);
  return deadline;
}

/** How long a request has waited for an instance. Times in milliseconds since the epoch. */
export interface Wait {
  readonly arrivedAt: number;
  /** An instance could not be reached, and another is looked for until then. */
  readonly retryUntil: number | undefined;
  /** Since when there has been an instance that is ready; this moment while there is none. */
  readonly servingSince: number;
}

/** When a request that has no instance gives up. */
export function waitDeadlineOf(timeouts: Timeouts, wait: Wait): number {
  const { arrivedAt, retryUntil } = wait;
  const deadline = deadlineOf(timeouts, { arrivedAt, lastByteAt: undefined });
  return Math.min(
    deadline,
    arrivedAt + (timeouts.waitMs ?? Infinity),
    retryUntil ?? Infinity,
    queueDeadlineOf(timeouts, wait),
  );
}

/** When a request has waited for a slot as long as it may. */
export function queueDeadlineOf({ queueMs = Infinity }: Timeouts, { arrivedAt, servingSince }: Wait): number {
  return Math.max(arrivedAt, servingSince) + queueMs;
}
