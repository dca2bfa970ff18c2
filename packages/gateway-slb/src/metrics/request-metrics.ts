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

/** Those of both. */
export function addOutcomes(a: Outcomes, b: Outcomes): Outcomes {
  const buckets = a.buckets.map((count, i) => count + (b.buckets[i] ?? 0));
  return { status: a.status, count: a.count + b.count, sumMs: a.sumMs + b.sumMs, buckets };
}

/** Requests that belong to no revision, by what the gateway has answered: as few as there are answers. */
export interface Unrouted {
  readonly reason: string;
  readonly status: number;
  readonly count: number;
}

/** Why a connection was closed before a request could be read on it. */
export type TurnedAwayReason =
  /** The address is on a list, or on none, as `ebb.dev/acl-entries` has it. */
  | 'address'
  /** It had to begin with a header of the PROXY protocol and did not, or came from nobody who may send one. */
  | 'proxy-protocol'
  /** TLS was not agreed upon: no certificate for the host, versions or ciphers that are not spoken, a client's certificate refused. */
  | 'tls'
  /** There were as many as there may be. */
  | 'too-many';

/** Connections that were turned away, as few as there are reasons. */
export interface TurnedAway {
  readonly reason: TurnedAwayReason;
  readonly count: number;
}

/**
 * How many requests each revision has had, how they ended, and how long they took; how many were answered without one, and
 * how many connections were turned away. What is kept is bounded by the revisions there are.
 */
export class RequestMetrics {
  readonly #isKnown: (revisionKey: string) => boolean;
  readonly #revisions = new Map<string, { readonly statuses: Map<number, Outcomes>; hasChanged: boolean }>();
  readonly #unrouted = new Map<string, { readonly reason: string; readonly status: number; count: number }>();

  readonly #turnedAway = new Map<TurnedAwayReason, number>();

  /** @param isKnown Whether there is such a revision now. Of others only the number of requests is kept. */
  constructor(isKnown: (revisionKey: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** A request is over. */
  observe(revisionKey: string, status: number, durationMs: number): void {
    let revision = this.#revisions.get(revisionKey);
    if (!revision) {
      // It may have been deleted while the request was under way.
      if (!this.#isKnown(revisionKey)) return this.refused('revision-missing', status);
      this.#revisions.set(revisionKey, (revision = { statuses: new Map(), hasChanged: true }));
    }
    revision.hasChanged = true;
    let outcomes = revision.statuses.get(status);
    if (!outcomes) revision.statuses.set(status, (outcomes = { status, count: 0, sumMs: 0, buckets: emptyBuckets() }));
    outcomes.count++;
    outcomes.sumMs += durationMs;
    let at = 0;
    while (durationMs > (boundsMs[at] ?? Infinity)) at++;
    outcomes.buckets[at] = (outcomes.buckets[at] ?? 0) + 1;
  }

  /** A request was answered without a revision. */
  refused(reason: string, status: number): void {
    const key = `${reason} ${status}`;
    const known = this.#unrouted.get(key);
    if (known) known.count++;
    else this.#unrouted.set(key, { reason, status, count: 1 });
  }

  /** Requests that were answered without a revision. */
  get unrouted(): readonly Unrouted[] {
    return [...this.#unrouted.values()];
  }

  /** A connection was closed before a request could be read on it. */
  turnAway(reason: TurnedAwayReason): void {
    this.#turnedAway.set(reason, (this.#turnedAway.get(reason) ?? 0) + 1);
  }

  get turnedAway(): readonly TurnedAway[] {
    return [...this.#turnedAway].map(([reason, count]) => ({ reason, count }));
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
    return this.#revisions.get(revisionKey)?.statuses.values() ?? [];
  }

  /** Revisions of which this has not told since they had requests. */
  changed(): readonly string[] {
    const keys: string[] = [];
    for (const [key, revision] of this.#revisions) {
      if (revision.hasChanged) keys.push(key);
      revision.hasChanged = false;
    }
    return keys;
  }
}

const emptyBuckets = (): number[] => Array.from({ length: boundsMs.length + 1 }, () => 0);
