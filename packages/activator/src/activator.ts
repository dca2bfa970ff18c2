import { type ActivatorLimits, type ActivatorOptions, type Sharing, defaultLimits } from './activator-options.ts';
import { attemptProbe } from './attempt-probe.ts';
import type { Backend } from './backend.ts';
import { Budget } from './budget.ts';
import type { Scheduler } from './create-picker.ts';
import { Doubts } from './doubts.ts';
import type { BackendLease, Lease } from './lease.ts';
import type { Caller, Standing, WaitKind } from './line.ts';
import { LoadReporter } from './load.ts';
import { Prober } from './prober.ts';
import { RefusedError } from './refused-error.ts';
import { Revision, type RevisionHooks } from './revision.ts';
import type { PodState, RevisionConfig } from './revision-types.ts';
import { warmUp } from './warm-up.ts';

/** What a revision with limited concurrency needs here. */
export interface Demand {
  /** Requests that wait. */
  readonly waiting: number;
  readonly containerConcurrency: number;
  /** Names (`namespace/name`) of the pods that may be used, now or soon. */
  readonly pods: () => readonly string[];
  /** This gateway has slots of its own on some of them. */
  readonly hasShare: boolean;
}

/** What a request is taken to hold while it waits, where it does not say. */
const usualBytes = 4096;

/** A request in line. */
export interface Waiter {
  /** Leaves the line; the caller is not called any more. Does nothing once the wait is over. */
  cancel(): void;
}

/** Revisions, their instances, and who waits for one. Revisions are named by `namespace/name`. */
export class Activator implements Disposable {
  readonly #options: ActivatorOptions;
  readonly #limits: ActivatorLimits;
  readonly #revisions = new Map<string, Revision>();
  /** Revisions that have a pod which drains. */
  readonly #draining = new Set<Revision>();
  readonly #prober: Prober;
  readonly #load: LoadReporter;
  readonly #hooks: RevisionHooks;
  readonly #doubts: Doubts;
  readonly #warming = new Map<Revision, Disposable>();
  readonly #expiring = new Map<Revision, Disposable>();
  readonly #budget: Budget<Revision>;
  #scheduler: Scheduler | undefined;
  #closed = false;

  constructor(options: ActivatorOptions) {
    const { clock, logger, attempt = attemptProbe, gateway, sendStats } = options;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#budget = new Budget(this.#limits);
    this.#prober = new Prober({ clock, logger, attempt });
    this.#load = new LoadReporter({ clock, gateway, send: sendStats, drained: () => this.#drained() });
    this.#hooks = this.#makeHooks();
    this.#doubts = new Doubts(clock);
  }

  /** Requests that wait, in all. */
  get waiting(): number {
    return this.#budget.requests;
  }

  /** Bytes that those hold. */
  get waitingBytes(): number {
    return this.#budget.bytes;
  }

  /** Requests a revision's pods have now, by pod name. */
  inFlightByPod(key: string): Readonly<Record<string, number>> {
    return this.#revisions.get(key)?.inFlightByPod() ?? {};
  }

  /** Requests that wait for a revision. */
  waitingFor(key: string): number {
    return this.#revisions.get(key)?.waiting ?? 0;
  }

  /** Revisions that have requests, or have had some a moment ago. */
  *busy(): Generator<string> {
    for (const { namespace, name } of this.#load.sources()) yield `${namespace}/${name}`;
  }

  /** Since when a revision has had an instance that is ready, in milliseconds since the epoch; undefined while it has none. */
  servingSince(key: string): number | undefined {
    return this.#revisions.get(key)?.servingSince;
  }

  setRevision(key: string, config: RevisionConfig): void {
    const revision = this.#obtain(key);
    this.#dispose(this.#expiring, revision);
    this.#doubts.configure(revision, config);
  }

  /** Forgets a revision; those who wait for it are refused at once. */
  deleteRevision(key: string): void {
    const revision = this.#revisions.get(key);
    if (!revision) return;
    this.#revisions.delete(key);
    this.#draining.delete(revision);
    this.#dispose(this.#expiring, revision);
    this.#dispose(this.#warming, revision);
    this.#doubts.drop(revision);
    revision.refuseAll(new RefusedError('revision-missing', `revision ${key} does not exist`));
    for (const name of revision.instances.keys()) revision.deletePod(name);
    this.#load.forget(revision);
  }

  setPod(revisionKey: string, pod: PodState): void {
    const revision = this.#obtain(revisionKey);
    revision.setPod(pod);
    if (pod.draining) this.#draining.add(revision);
    this.#load.touch(revision);
  }

  deletePod(revisionKey: string, podName: string): void {
    const revision = this.#revisions.get(revisionKey);
    revision?.deletePod(podName);
    if (revision?.isEmpty && !revision.config) this.deleteRevision(revisionKey);
  }

  /**
   * Asks for an instance on behalf of a request that has arrived: a lease if one has room, otherwise a place in the line,
   * and the caller is told later. Throws `RefusedError` if it can never be had.
   * @param again True for a request that had a lease before: it has been counted.
   */
  enter(key: string, caller: Caller, again = false): Lease | Waiter {
    if (this.#closed) throw new RefusedError('closing', 'the gateway is closing');
    const revision = this.#obtain(key);
    if (again) this.#load.change(revision, 1);
    else this.#load.begin(revision);
    try {
      return revision.take(caller.prefers) ?? this.#wait(key, revision, caller);
    } catch (error) {
      this.#load.end(revision);
      if (revision.isEmpty && !revision.config) this.deleteRevision(key);
      throw error;
    }
  }

  /** As `enter`, for those who would rather await. Rejects with `RefusedError`, or the signal's reason. */
  acquire(key: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Lease> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        if ('cancel' in entered) entered.cancel();
        reject(signal?.reason);
      };
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      const entered = this.enter(key, {
        granted: (lease) => (done(), resolve(lease)),
        refused: (error) => (done(), reject(error)),
      });
      if ('cancel' in entered) signal?.addEventListener('abort', onAbort, { once: true });
      else resolve(entered);
    });
  }

  /** Whether a revision has an instance that is ready, busy or not, and whose pod is wanted. */
  hasReady(key: string, isWanted: (podName: string) => boolean): boolean {
    return this.#revisions.get(key)?.instances.hasReady(isWanted) ?? false;
  }

  /** What a revision needs; undefined if it is not known, or its concurrency is not limited. */
  demandOf(key: string): Demand | undefined {
    const revision = this.#revisions.get(key);
    const containerConcurrency = revision?.config?.containerConcurrency ?? 0;
    if (!revision || containerConcurrency === 0) return undefined;
    const pods = (): readonly string[] =>
      Array.from(revision.instances.usablePods(), (name) => `${revision.namespace}/${name}`);
    return { waiting: revision.waiting, containerConcurrency, pods, hasShare: revision.instances.hasShare };
  }

  /** How instances are chosen from now on; undefined: as the container concurrency of each revision has it. */
  setScheduler(scheduler: Scheduler | undefined): void {
    if (scheduler === this.#scheduler) return;
    this.#scheduler = scheduler;
    for (const revision of this.#revisions.values()) revision.rechoose();
  }

  /** The shares have changed. */
  reshare(): void {
    for (const revision of this.#revisions.values()) revision.reshare();
  }

  /** Pods (`namespace/name`) of which more slots are taken on this gateway's account than `share` has it. */
  overUsed(share: Sharing['shareOf']): readonly string[] {
    return [...this.#revisions.values()].flatMap((revision) => [
      ...revision.instances.overUsed(share, revision.config?.containerConcurrency ?? 0),
    ]);
  }

  /**
   * Puts another gateway in line for a slot of this one. It is no load here, and counts for no limit. Throws `RefusedError` if
   * there is none to be had.
   */
  lend(key: string, kind: Exclude<WaitKind, 'request'>, caller: Caller): Waiter {
    const revision = this.#revisions.get(key);
    if (this.#closed || !revision?.instances.hasShare)
      throw new RefusedError('revision-missing', `no slots of ${key} here`);
    const standing = revision.enqueue(caller, kind);
    return { cancel: () => void revision.leave(standing) };
  }

  /**
   * Gives the first request that waits for a revision a slot that another gateway has lent. Undefined if it is of no use; the
   * slot is then to be given back.
   * @param pod Name, without the namespace.
   */
  borrow(key: string, pod: string, onRelease: () => void): BackendLease | undefined {
    return this.#revisions.get(key)?.borrow(pod, onRelease);
  }

  /** Refuses all who wait, reports zero for every revision, and ends. Leases given out may still be released. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    const closing = new RefusedError('closing', 'the gateway is closing');
    for (const revision of this.#revisions.values()) revision.refuseAll(closing);
    for (const timers of [this.#warming, this.#expiring])
      for (const revision of timers.keys()) this.#dispose(timers, revision);
    this.#doubts[Symbol.dispose]();
    this.#prober[Symbol.dispose]();
    this.#load[Symbol.dispose]();
  }

  #wait(key: string, revision: Revision, caller: Caller): Waiter {
    const bytes = caller.heldBytes ?? usualBytes;
    if (!this.#budget.take(revision, bytes)) throw new RefusedError('queue-full', 'pending request queue full');
    const { arrivedAt } = caller;
    let standing: Standing;
    try {
      standing = revision.enqueue({
        arrivedAt,
        granted: (lease) => {
          this.#budget.give(revision, bytes);
          caller.granted(lease);
        },
        refused: (error) => {
          this.#budget.give(revision, bytes);
          this.#load.end(revision);
          caller.refused(error);
        },
      });
    } catch (error) {
      this.#budget.give(revision, bytes);
      throw error;
    }
    this.#load.waits(revision);
    if (!revision.config) this.#expireUnlessKnown(key, revision);
    return {
      cancel: () => {
        if (!revision.leave(standing)) return;
        this.#budget.give(revision, bytes);
        this.#load.end(revision);
      },
    };
  }

  #obtain(key: string): Revision {
    const known = this.#revisions.get(key);
    if (known) return known;
    const revision = new Revision(key, this.#hooks);
    this.#revisions.set(key, revision);
    return revision;
  }

  #expireUnlessKnown(key: string, revision: Revision): void {
    if (this.#expiring.has(revision)) return;
    const timer = this.#options.clock.after(this.#limits.unknownRevisionMs, () => {
      this.#expiring.delete(revision);
      const missing = new RefusedError('revision-missing', `revision ${key} does not exist`);
      if (!revision.config) revision.refuseAll(missing);
      if (!revision.config && revision.isEmpty && this.#revisions.get(key) === revision) this.deleteRevision(key);
    });
    this.#expiring.set(revision, timer);
  }

  #makeHooks(): RevisionHooks {
    return {
      now: () => this.#options.clock.now(),
      random: this.#options.random,
      scheduler: () => this.#scheduler,
      probe: (revision, backend) => this.#probe(revision, backend),
      stopProbe: (backend) => this.#prober.unwatch(backend),
      hurry: () => this.#prober.hurry(),
      loadChanged: (revision, delta) => {
        if (delta !== 0) this.#load.change(revision, delta);
      },
      warmLater: (revision) => this.#warmLater(revision),
      coldStarted: (coldStart) => this.#options.onColdStart?.(coldStart),
      shareOf: (pod, limit) => this.#options.sharing?.shareOf(pod, limit) ?? limit,
      demandChanged: ({ namespace, name }, podsChanged) =>
        this.#options.sharing?.demandChanged(`${namespace}/${name}`, podsChanged),
    };
  }

  #probe(revision: Revision, backend: Backend): void {
    const readiness = revision.config?.readiness;
    if (!readiness) return;
    this.#prober.watch(backend, {
      // An ejected instance was ready once: no need to wait before asking again.
      readiness: backend.state === 'ejected' ? { ...readiness, initialDelayMs: 0 } : readiness,
      isUrgent: () => revision.isWanted,
      attempted: () => revision.attempted(backend),
      succeeded: () => revision.probed(backend),
    });
  }

  #warmLater(revision: Revision): void {
    if (this.#warming.has(revision) || this.#closed) return;
    const timer = this.#options.clock.after(warmUp.doubleAfterMs, () => {
      this.#warming.delete(revision);
      revision.warmed();
    });
    this.#warming.set(revision, timer);
  }

  #drained(): readonly string[] {
    const names: string[] = [];
    for (const revision of this.#draining) {
      names.push(...revision.instances.drained());
      if (!revision.instances.isDraining) this.#draining.delete(revision);
    }
    return names;
  }

  #dispose(timers: Map<Revision, Disposable>, revision: Revision): void {
    timers.get(revision)?.[Symbol.dispose]();
    timers.delete(revision);
  }
}
