/** Limits of one exchange, in milliseconds (data-path.md, section 8). */
export interface Timeouts {
  /** From arrival to the end of the response. */
  readonly totalMs: number;
  /** From arrival to the first byte of the response; undefined is none. */
  readonly responseStartMs: number | undefined;
  /** From arrival until the instance answers, be it with an upgrade that is silent from then on. Default: none. */
  readonly requestMs?: number | undefined;
  /** Longest silence of the response, and of the instance before it; undefined is none. */
  readonly idleMs: number | undefined;
  /** Longest wait for an instance, where nobody starts one. Default: as long as the request may take. */
  readonly waitMs?: number | undefined;
  /** Longest wait for a slot while instances are ready: a cold start does not count. Default: as long as the request may take. */
  readonly queueMs?: number | undefined;
  /** Longest silence of an upgraded connection that one side has ended: it may have gone altogether. Default 10 s. */
  readonly halfOpenMs?: number | undefined;
}

/** How far an exchange is. Times in milliseconds since the epoch. */
export interface Progress {
  readonly arrivedAt: number;
  /** The last sign of life of the response; undefined before the first. */
  readonly lastByteAt: number | undefined;
  /** The instance has agreed to an upgrade. Default false. */
  readonly isUpgraded?: boolean | undefined;
  /** When the first of two sides said that it has no more to send; undefined before, and where that ends nothing. */
  readonly endedAt?: number | undefined;
}

const defaultHalfOpenMs = 10_000;

/** When the first of the limits is reached. */
export function deadlineOf(timeouts: Timeouts, progress: Progress): number {
  const { arrivedAt, lastByteAt, isUpgraded = false, endedAt } = progress;
  const { totalMs, responseStartMs = Infinity, requestMs = Infinity } = timeouts;
  let deadline = arrivedAt + totalMs;
  if (lastByteAt === undefined) deadline = Math.min(deadline, arrivedAt + responseStartMs);
  if (lastByteAt === undefined && !isUpgraded) deadline = Math.min(deadline, arrivedAt + requestMs);
  if (timeouts.idleMs !== undefined) deadline = Math.min(deadline, (lastByteAt ?? arrivedAt) + timeouts.idleMs);
  if (endedAt !== undefined) {
    deadline = Math.min(deadline, Math.max(endedAt, lastByteAt ?? 0) + (timeouts.halfOpenMs ?? defaultHalfOpenMs));
  }
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
