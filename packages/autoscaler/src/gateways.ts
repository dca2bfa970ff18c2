import type { StatReport } from '@ebb/api';

/** A gateway that has not spoken for this long is out of reach: what it does not say is no zero then. */
const aliveMs = 3000;
/** One that has been silent for this long is gone for good. */
const forgottenMs = 60_000;

type InFlight = Readonly<Record<string, number>>;

interface Gateway {
  heardAtMs: number;
  drained: ReadonlySet<string>;
  /** Requests in flight by pod, by revision (`namespace/name`). A report tells of some revisions, not of all. */
  readonly inFlight: Map<string, InFlight>;
}

/** What the gateways last said of pods, and which of them are alive. Times are the receiver's. */
export class Gateways {
  readonly #gateways = new Map<string, Gateway>();

  record(report: StatReport, nowMs: number): void {
    const drained = new Set(report.drained);
    const gateway = this.#gateways.get(report.gateway) ?? { heardAtMs: nowMs, drained, inFlight: new Map() };
    gateway.heardAtMs = nowMs;
    gateway.drained = drained;
    for (const { namespace, name, pods } of report.revisions) setInFlight(gateway, `${namespace}/${name}`, pods);
    this.#gateways.set(report.gateway, gateway);
  }

  /** True if any gateway has been heard of lately. */
  isAlive(nowMs: number): boolean {
    for (const gateway of this.#gateways.values()) if (isAlive(gateway, nowMs)) return true;
    return false;
  }

  /** True if no gateway is known at all, alive or not. */
  get isEmpty(): boolean {
    return this.#gateways.size === 0;
  }

  /** Requests in flight on a pod of the revision `namespace/name`, over all gateways. */
  inFlight(revision: string, pod: string): number {
    let sum = 0;
    for (const { inFlight } of this.#gateways.values()) sum += inFlight.get(revision)?.[pod] ?? 0;
    return sum;
  }

  /** True if every gateway that is alive has said that it sends nothing to the draining pod; false if none is alive. */
  haveDrained(pod: string, nowMs: number): boolean {
    const alive = [...this.#gateways.values()].filter((gateway) => isAlive(gateway, nowMs));
    return alive.length > 0 && alive.every(({ drained }) => drained.has(pod));
  }

  /** Drops gateways that are gone for good. */
  forget(nowMs: number): void {
    for (const [name, { heardAtMs }] of this.#gateways) {
      if (nowMs - heardAtMs > forgottenMs) this.#gateways.delete(name);
    }
  }
}

function isAlive({ heardAtMs }: Gateway, nowMs: number): boolean {
  return nowMs - heardAtMs <= aliveMs;
}

function setInFlight({ inFlight }: Gateway, revision: string, pods: InFlight): void {
  if (Object.keys(pods).length === 0) inFlight.delete(revision);
  else inFlight.set(revision, pods);
}
