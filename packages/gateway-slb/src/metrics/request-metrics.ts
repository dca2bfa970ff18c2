/** Upper bounds of the buckets of durations, in milliseconds (data-path.md, section 15.1), and one beyond for those who wait long. */
export const boundsMs: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000, 100_000,
];

/** Upper bounds of the buckets of bodies, in bytes. */
export const boundsBytes: readonly number[] = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** How values are spread over buckets. */
export interface Spread {
  sum: number;
  /** Of each bound, how many values are as great at most, but greater than the bound before; the last is of the greatest. */
  readonly buckets: number[];
}

/** What there is to count of a request that is over. */
export interface Ended {
  readonly status: number;
  /** From its arrival to the end of the response. */
  readonly durationMs: number;
  /** Of its body, as far as it has come. */
  readonly requestBytes: number;
  /** Of the response's body. */
  readonly responseBytes: number;
}

/** Requests of one revision that ended with one status. */
export interface Outcomes {
  readonly status: number;
  count: number;
  readonly durationMs: Spread;
  readonly requestBytes: Spread;
  readonly responseBytes: Spread;
}

/** Those of both. */
export function addOutcomes(a: Outcomes, b: Outcomes): Outcomes {
  return {
    status: a.status,
    count: a.count + b.count,
    durationMs: addSpreads(a.durationMs, b.durationMs),
    requestBytes: addSpreads(a.requestBytes, b.requestBytes),
    responseBytes: addSpreads(a.responseBytes, b.responseBytes),
  };
}

function addSpreads(a: Spread, b: Spread): Spread {
  return { sum: a.sum + b.sum, buckets: a.buckets.map((count, i) => count + (b.buckets[i] ?? 0)) };
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
  observe(revisionKey: string, { status, durationMs, requestBytes, responseBytes }: Ended): void {
    let revision = this.#revisions.get(revisionKey);
    if (!revision) {
      // It may have been deleted while the request was under way.
      if (!this.#isKnown(revisionKey)) return this.refused('revision-missing', status);
      this.#revisions.set(revisionKey, (revision = { statuses: new Map(), hasChanged: true }));
    }
    revision.hasChanged = true;
    let outcomes = revision.statuses.get(status);
    if (!outcomes) revision.statuses.set(status, (outcomes = noneOf(status)));
    outcomes.count++;
    note(outcomes.durationMs, boundsMs, durationMs);
    note(outcomes.requestBytes, boundsBytes, requestBytes);
    note(outcomes.responseBytes, boundsBytes, responseBytes);
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

function noneOf(status: number): Outcomes {
  const over = (bounds: readonly number[]): Spread => ({
    sum: 0,
    buckets: Array.from({ length: bounds.length + 1 }, () => 0),
  });
  return {
    status,
    count: 0,
    durationMs: over(boundsMs),
    requestBytes: over(boundsBytes),
    responseBytes: over(boundsBytes),
  };
}

function note(spread: Spread, bounds: readonly number[], value: number): void {
  spread.sum += value;
  let at = 0;
  while (value > (bounds[at] ?? Infinity)) at++;
  spread.buckets[at] = (spread.buckets[at] ?? 0) + 1;
}
