import type { RevisionStat, StatReport } from '@ebb/api';
import { GatewayClock } from './gateway-clock.ts';

/** A gateway that has not spoken for this long is out of reach: what it does not say is no zero then. */
const aliveMs = 3000;
/** One that has been silent for this long is dead, or its Lease at least has run out: nothing of it needs to be waited for. */
const deadMs = 15_000;
/** One that has been silent for this long is gone for good. */
const forgottenMs = 60_000;

/** What one gateway last said of one revision. */
interface Presence {
  /** Requests in flight by pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Requests waiting for an instance. */
  readonly waiting: number;
}

interface Gateway {
  readonly clock: GatewayClock;
  heardAtMs: number;
  drained: ReadonlySet<string>;
  /** By revision (`namespace/name`). A report tells of some revisions, not of all. */
  readonly present: Map<string, Presence>;
  /** Stamp of the last report, and the revisions that were in reports of that stamp. */
  lastAtMs: number;
  readonly lastRevisions: Set<string>;
}

/** How much of the load is being told: by `all` gateways known, by `some` of them, or by `none`. */
export type Hearing = 'all' | 'some' | 'none';

/** A report that was taken in. */
export interface Heard {
  /** When it was made, by the receiver's clock. */
  readonly madeAtMs: number;
  /** What it tells of revisions, less what was told before under the same stamp, and less what cannot be. */
  readonly revisions: readonly RevisionStat[];
}

/** What the gateways last said of pods, and which of them are alive. Times are the receiver's. */
export class Gateways {
  readonly #gateways = new Map<string, Gateway>();

  /** Takes in a report, once. */
  record(report: StatReport, nowMs: number): Heard {
    const gateway = this.#gateways.get(report.gateway) ?? newGateway();
    gateway.heardAtMs = nowMs;
    gateway.drained = new Set(report.drained);
    if (report.atMs !== gateway.lastAtMs) gateway.lastRevisions.clear();
    gateway.lastAtMs = report.atMs;
    const revisions = report.revisions.filter((stat) => {
      if (!isSane(stat)) return false;
      const key = `${stat.namespace}/${stat.name}`;
      // Who is there may be told twice; a load that is, would count twice.
      setPresence(gateway, key, stat);
      if (gateway.lastRevisions.has(key)) return false;
      gateway.lastRevisions.add(key);
      return true;
    });
    this.#gateways.set(report.gateway, gateway);
    return { madeAtMs: gateway.clock.madeAt(report.atMs, nowMs), revisions };
  }

  /** Requests of the revision `namespace/name` that are present, waiting ones included, over all gateways. */
  present(revision: string): number {
    let sum = 0;
    for (const { present } of this.#gateways.values()) {
      const here = present.get(revision);
      if (!here) continue;
      sum += here.waiting;
      for (const pod in here.pods) sum += countOf(here.pods[pod]);
    }
    return sum;
  }

  /** How much of the load is being told at this moment. */
  hearing(nowMs: number): Hearing {
    let heard = 0;
    for (const gateway of this.#gateways.values()) if (isAlive(gateway, nowMs)) heard++;
    if (heard === 0) return 'none';
    return heard === this.#gateways.size ? 'all' : 'some';
  }

  /** True if no gateway is known at all, alive or not. */
  get isEmpty(): boolean {
    return this.#gateways.size === 0;
  }

  /** Requests in flight on a pod of the revision `namespace/name`, over all gateways. */
  inFlight(revision: string, pod: string): number {
    let sum = 0;
    for (const { present } of this.#gateways.values()) sum += countOf(present.get(revision)?.pods[pod]);
    return sum;
  }

  /** Requests of the revision `namespace/name` that wait for an instance, over all gateways. */
  waiting(revision: string): number {
    let sum = 0;
    for (const { present } of this.#gateways.values()) sum += present.get(revision)?.waiting ?? 0;
    return sum;
  }

  /**
   * True if every gateway has said that it sends nothing to the draining pod; false if none that is alive has. One that has fallen silent
   * may not have seen that the pod drains, and send to it, until it counts as dead.
   */
  haveDrained(pod: string, nowMs: number): boolean {
    let alive = 0;
    for (const gateway of this.#gateways.values()) {
      if (nowMs - gateway.heardAtMs > deadMs) continue;
      if (!gateway.drained.has(pod)) return false;
      if (isAlive(gateway, nowMs)) alive++;
    }
    return alive > 0;
  }

  /** Drops gateways that are gone for good. */
  forget(nowMs: number): void {
    for (const [name, { heardAtMs }] of this.#gateways) {
      if (nowMs - heardAtMs > forgottenMs) this.#gateways.delete(name);
    }
  }

  /** The receiver's clock was set: each gateway counts as last heard of at the time it shows now. */
  clockWasSet(nowMs: number): void {
    for (const gateway of this.#gateways.values()) {
      gateway.heardAtMs = nowMs;
      gateway.clock.reset();
    }
  }
}

function newGateway(): Gateway {
  return {
    clock: new GatewayClock(),
    heardAtMs: 0,
    drained: new Set(),
    present: new Map(),
    lastAtMs: Number.NaN,
    lastRevisions: new Set(),
  };
}

function isAlive({ heardAtMs }: Gateway, nowMs: number): boolean {
  return nowMs - heardAtMs <= aliveMs;
}

function setPresence({ present }: Gateway, revision: string, { pods, waiting }: RevisionStat): void {
  if (waiting > 0 || hasAny(pods)) present.set(revision, { pods, waiting });
  else present.delete(revision);
}

function hasAny(record: object): boolean {
  for (const _key in record) return true;
  return false;
}

/** More requests than a gateway could ever have. */
const maxStat = 1e9;

/** False for numbers that cannot be a count of requests. */
function isSane({ averageConcurrency, requestCount, waiting }: RevisionStat): boolean {
  return isCount(averageConcurrency) && isCount(requestCount) && isCount(waiting);
}

function isCount(value: number): boolean {
  return value >= 0 && value <= maxStat;
}

function countOf(value = 0): number {
  return isCount(value) ? value : 0;
}
