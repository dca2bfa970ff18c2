/** Upper bounds of the buckets of durations, in milliseconds (data-path.md, section 15.1), and one beyond for those who wait long. */
export const boundsMs: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000, 100_000,
];

/** Requests of one revision that ended with one status. */
export interface Outcomes {
  readonly status: number;
  count: number;
  sumMs: number;
  /** Of each bound, those that took as long at most, but longer than the bound before; the last is of those that took longest. */
  readonly buckets: number[];
}

/** How many requests each revision has had, how they ended, and how long they took. */
export class RequestMetrics {
  readonly #revisions = new Map<string, Map<number, Outcomes>>();

  /** A request is over. */
  observe(revisionKey: string, status: number, durationMs: number): void {
    let statuses = this.#revisions.get(revisionKey);
    if (!statuses) this.#revisions.set(revisionKey, (statuses = new Map()));
    let outcomes = statuses.get(status);
    if (!outcomes) statuses.set(status, (outcomes = { status, count: 0, sumMs: 0, buckets: emptyBuckets() }));
    outcomes.count++;
    outcomes.sumMs += durationMs;
    let at = 0;
    while (durationMs > (boundsMs[at] ?? Infinity)) at++;
    outcomes.buckets[at] = (outcomes.buckets[at] ?? 0) + 1;
  }

  /** The revision is gone. */
  forget(revisionKey: string): void {
    this.#revisions.delete(revisionKey);
  }

  /** Revisions that have had requests. */
  keys(): Iterable<string> {
    return this.#revisions.keys();
  }

  of(revisionKey: string): Iterable<Outcomes> {
    return this.#revisions.get(revisionKey)?.values() ?? [];
  }
}

const emptyBuckets = (): number[] => Array.from({ length: boundsMs.length + 1 }, () => 0);
