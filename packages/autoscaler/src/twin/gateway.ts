import { Activator, type Lease, RefusedError } from '@ebb/activator';
import { ConcurrencyAverage, type StatSink } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import type { Distribution } from './distribution.ts';
import type { Ledger } from './ledger.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How a request is worked on. */
export interface ServiceModel {
  /** Time an instance takes for a request. */
  readonly serviceMs: Distribution;
  /** Requests that an instance works on at a time; those beyond wait inside it. `undefined`: all it is given. */
  readonly workers?: number | undefined;
  /** Time from its arrival in which a request must have been answered. */
  readonly timeoutMs: number;
}

export interface TwinGatewayOptions extends ServiceModel {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly ledger: Ledger;
  /** `namespace/name` of the revision. */
  readonly revision: string;
  readonly containerConcurrency: number;
  readonly sendStats: StatSink;
  /** Whether `takeBusy` is to know. */
  readonly measuresWork: boolean;
}

/** The gateway's own activator, with the answers of instances pretended. */
export class TwinGateway {
  readonly activator: Activator;
  readonly #options: TwinGatewayOptions;
  /** When each worker of a pod has done what it was given. */
  readonly #busyUntil = new Map<string, Float64Array>();
  /** Requests that are being worked on. */
  readonly #busy: ConcurrencyAverage;
  /** What to do with the requests of a pod that breaks. */
  readonly #held = new Map<string, Set<() => void>>();
  #open = 0;

  constructor(options: TwinGatewayOptions) {
    const { clock, random, sendStats, revision, containerConcurrency } = options;
    this.#options = options;
    this.#busy = new ConcurrencyAverage(clock.now());
    this.activator = new Activator({ clock, random, sendStats, gateway: 'twin', logger: silentLogger });
    const readiness = { kind: 'pod', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;
    this.activator.setRevision(revision, { containerConcurrency, readiness });
  }

  /** Requests that have come and not ended. */
  get open(): number {
    return this.#open;
  }

  /** Requests that were worked on at a time, on average since it was last asked. */
  takeBusy(): number {
    return this.#busy.report(this.#options.clock.now()).average;
  }

  /** A pod is gone, and what it worked on with it. */
  podBroke(name: string): void {
    for (const lose of this.#held.get(name) ?? []) lose();
    this.#held.delete(name);
  }

  /** A request comes that takes an instance that long. `counts`: what becomes of it is written down. */
  arrive(serviceMs: number, counts: boolean): void {
    const { clock, ledger, revision, timeoutMs, measuresWork } = this.#options;
    const arrivedMs = clock.now();
    const { endings } = ledger;
    if (counts) ledger.arrived(arrivedMs);
    let deadline: Disposable | undefined;
    const granted = (lease: Lease): void => {
      const { podName } = lease;
      deadline?.[Symbol.dispose]();
      const now = clock.now();
      if (counts) ledger.wasGranted(now - arrivedMs, deadline !== undefined);
      const doneMs = this.#work(podName, now, serviceMs);
      const isLate = doneMs - arrivedMs > timeoutMs;
      const endMs = isLate ? arrivedMs + timeoutMs : doneMs;
      const beginMs = doneMs - serviceMs;
      if (measuresWork && beginMs < endMs) this.#occupy(beginMs, endMs);
      const held = this.#heldBy(podName);
      const lose = (): void => {
        end[Symbol.dispose]();
        this.#open--;
        lease.release();
        if (counts) endings.failed++;
      };
      held.add(lose);
      const end = clock.after(endMs - now, () => {
        held.delete(lose);
        this.#open--;
        lease.responded();
        lease.release();
        if (counts && isLate) endings.timedOut++;
        else if (counts) ledger.wasServed(endMs - arrivedMs);
      });
    };
    this.#open++;
    try {
      const entered = this.activator.enter(revision, {
        granted,
        refused: () => {},
      });
      if (!('cancel' in entered)) return granted(entered);
      deadline = clock.after(timeoutMs, () => {
        this.#open--;
        entered.cancel();
        if (counts) endings.timedOut++;
      });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#open--;
      if (counts) endings.refused++;
    }
  }

  #heldBy(podName: string): Set<() => void> {
    const held = this.#held.get(podName) ?? new Set();
    this.#held.set(podName, held);
    return held;
  }

  /** Somebody works from then to then. */
  #occupy(beginMs: number, endMs: number): void {
    const { clock } = this.#options;
    const begin = (): void => this.#busy.begin(clock.now());
    if (beginMs > clock.now()) clock.after(beginMs - clock.now(), begin);
    else begin();
    clock.after(endMs - clock.now(), () => this.#busy.end(clock.now()));
  }

  /** When an instance has done a request that is given to it now. */
  #work(podName: string, now: number, serviceMs: number): number {
    const { workers } = this.#options;
    if (workers === undefined) return now + serviceMs;
    const busyUntil = this.#busyUntil.get(podName) ?? new Float64Array(workers);
    this.#busyUntil.set(podName, busyUntil);
    let first = 0;
    for (let each = 1; each < workers; each++) if ((busyUntil[each] ?? 0) < (busyUntil[first] ?? 0)) first = each;
    const doneMs = Math.max(now, busyUntil[first] ?? 0) + serviceMs;
    busyUntil[first] = doneMs;
    return doneMs;
  }
}
