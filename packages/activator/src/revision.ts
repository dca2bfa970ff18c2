import type { Address, Backend } from './backend.ts';
import { type Scheduler, createPicker } from './create-picker.ts';
import { hasRoom } from './backend.ts';
import { ColdSpell, type ColdStart, mergeTimes } from './cold-start.ts';
import { Instances } from './instances.ts';
import { BackendLease, type Lease, type LeaseOwner, type SlotKind } from './lease.ts';
import { type Caller, Line, type Standing, type WaitKind } from './line.ts';
import type { LoadSource } from './load.ts';
import type { Picker } from './picker.ts';
import { RefusedError } from './refused-error.ts';
import type { PodState, RevisionConfig } from './revision-types.ts';
import { raised, warmUp } from './warm-up.ts';

/** What a revision asks of its surroundings. */
export interface RevisionHooks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  /** How instances are chosen; undefined: as the container concurrency has it. */
  readonly scheduler: () => Scheduler | undefined;
  /** Probes a backend until told to stop. */
  probe(revision: Revision, backend: Backend): void;
  stopProbe(backend: Backend): void;
  /** Requests have begun to wait: probes are urgent. */
  hurry(revision: Revision): void;
  /** Requests that counted as load do so no more, or again. */
  loadChanged(revision: Revision, delta: number): void;
  /** Wakes the revision by `warmed` after a while. */
  warmLater(revision: Revision): void;
  /** How many of a pod's slots are this gateway's. */
  shareOf(pod: string, containerConcurrency: number): number;
  /** A request that found no instance ready has its answer. */
  coldStarted(coldStart: ColdStart): void;
  /** More or fewer requests wait for a revision with limited concurrency, or its pods have changed. */
  demandChanged(revision: Revision, podsChanged: boolean): void;
}

/** The instances of one revision, and the requests that wait for one. Knows no clock and no socket. */
export class Revision implements LoadSource, LeaseOwner {
  readonly namespace: string;
  readonly name: string;
  readonly #hooks: RevisionHooks;
  /** By the names of their pods. */
  readonly instances: Instances;
  readonly #line = new Line();
  #config: RevisionConfig | undefined;
  #picker: Picker;
  #readyCount = 0;
  #servingSince: number | undefined;
  #hasBeenReady = false;
  #nextSequence = 0;
  #serving = false;
  readonly #cold = new ColdSpell();

  constructor(key: string, hooks: RevisionHooks) {
    const slash = key.indexOf('/');
    this.namespace = key.slice(0, slash);
    this.name = key.slice(slash + 1);
    this.instances = new Instances(this.namespace);
    this.#hooks = hooks;
    this.#picker = createPicker(0, hooks.random, hooks.scheduler());
  }

  get waiting(): number {
    return this.#line.requests;
  }

  /** Somebody, here or at another gateway, waits for an instance. */
  get isWanted(): boolean {
    return this.#line.size > 0;
  }

  /** Undefined until the revision itself was seen; requests then wait. */
  get config(): RevisionConfig | undefined {
    return this.#config;
  }

  /** Since when one of its instances has been ready. */
  get servingSince(): number | undefined {
    return this.#servingSince;
  }

  /** True once any of its instances has been ready. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  get isEmpty(): boolean {
    return this.instances.size === 0 && this.#line.size === 0;
  }

  inFlightByPod(): Record<string, number> {
    return this.instances.inFlightByPod();
  }

  configure(config: RevisionConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before?.containerConcurrency !== config.containerConcurrency) this.#resetLimits();
    if (!before) for (const backend of this.instances.values()) this.#considerProbe(backend);
    if (config.failure !== undefined) this.#refuseIfHopeless();
    this.#serve();
  }

  setPod(pod: PodState): void {
    const known = this.instances.get(pod.name);
    const backend = known ?? this.#add(pod);
    if (!sameAddress(backend.address, pod.address)) {
      backend.address = pod.address;
      if (backend.state === 'ready' || backend.state === 'ejected') this.#move(backend, 'starting');
      else this.#considerProbe(backend);
    }
    if (pod.times) backend.times = mergeTimes(backend.times, pod.times);
    const wasReady = backend.podReady;
    backend.podReady = pod.ready;
    if (pod.draining) this.#move(backend, 'draining');
    else if (backend.state === 'draining') this.#move(backend, pod.ready ? 'ready' : 'starting');
    else if (pod.ready && backend.state === 'starting') this.#move(backend, 'ready');
    // A pod found ready by a probe may still be reported as not ready; only the change from ready to not ready is news.
    else if (wasReady && !pod.ready && backend.state === 'ready') this.#move(backend, 'starting');
    else if (!known) this.#considerProbe(backend);
    this.#serve();
    this.#tellDemand(true);
  }

  deletePod(name: string): void {
    const backend = this.instances.get(name);
    if (!backend) return;
    this.#move(backend, 'gone');
    this.instances.delete(name);
    this.#refuseIfHopeless();
    this.#tellDemand(true);
  }

  /** A slot, if there is one and nobody waits for it. */
  take(prefers?: Caller['prefers']): Lease | undefined {
    if (this.#line.ahead > 0 || !this.#config) return undefined;
    const backend = (prefers && this.instances.preferred(prefers)) ?? this.#picker.pick();
    return backend && new BackendLease(this, backend, { kind: 'own', waited: false });
  }

  /** Puts a caller at the end of the line. Throws `RefusedError` if the revision has failed. */
  enqueue(caller: Caller, kind: WaitKind = 'request'): Standing {
    const refusal = this.#hopeless();
    if (refusal) throw refusal;
    if (kind === 'request' && this.#readyCount === 0) this.#cold.begin(this.#hooks.now(), caller.arrivedAt);
    const standing = this.#line.push(kind, caller);
    if (this.#line.size === 1) {
      this.#hooks.hurry(this);
      this.#warmIfHeldBack();
    }
    if (kind !== 'request') this.#serve();
    this.#tellDemand();
    return standing;
  }

  /** False if the caller was served or refused before. */
  leave(standing: Standing): boolean {
    const left = this.#line.leave(standing);
    if (this.#line.requests === 0) this.#cold.end();
    if (left) this.#tellDemand();
    return left;
  }

  /** Refuses everyone who waits. */
  refuseAll(error: RefusedError): void {
    for (let next = this.#line.next(); next; next = this.#line.next()) next.caller.refused(error);
    this.#cold.end();
    this.#tellDemand();
  }

  /**
   * Gives the next request that waits another gateway's slot on a pod. Undefined if nobody waits, or that pod is of no use
   * here: not known, leaving, or not to be reached.
   */
  borrow(pod: string, onRelease: () => void): BackendLease | undefined {
    const backend = this.instances.get(pod);
    if (!backend || (backend.state !== 'ready' && backend.state !== 'starting')) return undefined;
    const first = this.#line.take('request');
    if (!first) return undefined;
    // The one whose slot it is knows it to be ready.
    const { ready = this.#hooks.now() } = backend.times;
    backend.times = { ...backend.times, ready };
    const onResponse = this.#takeCold(backend);
    const lease = new BackendLease(this, backend, { kind: 'borrowed', waited: true, onResponse, onRelease });
    first.caller.granted(lease);
    this.probed(backend);
    return lease;
  }

  /** Takes in that this gateway has other shares of the pods' slots than before. */
  reshare(): void {
    if (!this.#config || this.#config.containerConcurrency === 0) return;
    for (const backend of this.instances.values()) {
      backend.limit = this.#initialLimit(backend.name);
      if (backend.state !== 'ready') continue;
      if (hasRoom(backend)) this.#picker.offer(backend);
      else this.#picker.withdraw(backend);
    }
    this.#serve();
    this.#tellDemand(true);
  }

  /** Takes in that instances are chosen in another way. */
  rechoose(): void {
    for (const backend of this.instances.values()) this.#picker.withdraw(backend);
    this.#picker = createPicker(this.#config?.containerConcurrency ?? 0, this.#hooks.random, this.#hooks.scheduler());
    for (const backend of this.instances.values())
      if (backend.state === 'ready' && hasRoom(backend)) this.#picker.offer(backend);
  }

  /** A probe of a backend begins. */
  attempted(backend: Backend): void {
    if (backend.times.probed === undefined) backend.times = { ...backend.times, probed: this.#hooks.now() };
  }

  /** A probe of a backend has succeeded. */
  probed(backend: Backend): void {
    if (backend.state !== 'starting' && backend.state !== 'ejected') return;
    this.#move(backend, 'ready');
    this.#serve();
  }

  /** Lets instances that warm up have more, if requests are held back for their sake. */
  warmed(): void {
    if (this.#line.size === 0) return;
    for (const backend of this.instances.values()) if (backend.state === 'ready') this.#raise(backend, backend.limit);
    this.#serve();
  }

  taken(backend: Backend, kind: SlotKind): void {
    if (kind === 'lent') backend.lent++;
    else backend.inFlight++;
    if (kind === 'borrowed') backend.borrowed++;
    else if (!hasRoom(backend)) this.#picker.withdraw(backend);
  }

  returned(backend: Backend, kind: SlotKind): void {
    if (kind === 'lent') backend.lent--;
    else backend.inFlight--;
    if (kind === 'borrowed') backend.borrowed--;
    // A pod that drains no longer counts its requests, nor does one that is gone; those of others are counted there.
    if (kind !== 'lent' && counts(backend.state)) this.#hooks.loadChanged(this, -1);
    if (backend.state === 'ready' && hasRoom(backend)) this.#picker.offer(backend);
    this.#serve();
  }

  converted(backend: Backend): void {
    backend.borrowed--;
    if (!hasRoom(backend)) this.#picker.withdraw(backend);
  }

  responded(backend: Backend): void {
    if (this.#config?.containerConcurrency !== 0 || backend.limit === Infinity) return;
    this.#raise(backend, warmUp.perResponse);
    this.#serve();
  }

  outcome(wasAnswered: boolean): void {
    this.#line.tellOutcome(wasAnswered);
  }

  unreachable(backend: Backend): void {
    if (backend.state === 'ready') this.#move(backend, 'ejected');
  }

  /** What is to be told when a backend answers the first request that found none ready. */
  #takeCold(backend: Backend): (() => void) | undefined {
    const cold = this.#cold.end();
    if (!cold) return undefined;
    const granted = this.#hooks.now();
    const waiting = this.#line.requests + 1;
    const revision = `${this.namespace}/${this.name}`;
    return () => {
      const { name: pod, times: instance } = backend;
      this.#hooks.coldStarted({ revision, pod, waiting, ...cold, instance, granted, firstByte: this.#hooks.now() });
    };
  }

  #add({ name, address }: PodState): Backend {
    const book = {
      inFlight: 0,
      borrowed: 0,
      lent: 0,
      limit: this.#initialLimit(name),
      index: -1,
      podReady: false,
      times: {},
    };
    const backend: Backend = { name, address, sequence: this.#nextSequence++, state: 'starting', ...book };
    this.instances.set(name, backend);
    return backend;
  }

  /** Moves a backend to another state, with all that follows from it. */
  #move(backend: Backend, state: Backend['state']): void {
    const before = backend.state;
    if (before === state) return;
    backend.state = state;
    if (before === 'ready') {
      if (--this.#readyCount === 0) this.#servingSince = undefined;
      this.#picker.withdraw(backend);
    }
    if (counts(before) && !counts(state)) this.#hooks.loadChanged(this, -backend.inFlight);
    if (!counts(before) && counts(state)) this.#hooks.loadChanged(this, backend.inFlight);
    if (state === 'ready') {
      if (++this.#readyCount === 1) this.#servingSince = this.#hooks.now();
      this.#hasBeenReady = true;
      if (backend.times.ready === undefined) backend.times = { ...backend.times, ready: this.#hooks.now() };
      if (hasRoom(backend)) this.#picker.offer(backend);
    }
    this.#considerProbe(backend);
  }

  #considerProbe(backend: Backend): void {
    const { state } = backend;
    const kind = this.#config?.readiness.kind;
    // Where only Kubernetes knows who is ready, a connection may still tell that an ejected one is back.
    if (kind && (state === 'ejected' || (state === 'starting' && kind !== 'pod'))) this.#hooks.probe(this, backend);
    else this.#hooks.stopProbe(backend);
  }

  /** The slots an instance begins with here. */
  #initialLimit(pod: string): number {
    const limit = this.#config?.containerConcurrency ?? 0;
    return limit === 0 ? warmUp.initial : this.#hooks.shareOf(`${this.namespace}/${pod}`, limit);
  }

  #tellDemand(podsChanged = false): void {
    if ((this.#config?.containerConcurrency ?? 0) > 0) this.#hooks.demandChanged(this, podsChanged);
  }

  #resetLimits(): void {
    for (const backend of this.instances.values()) backend.limit = this.#initialLimit(backend.name);
    this.rechoose();
  }

  /** Gives free slots to those who wait. Callers may give theirs back at once, hence the guard. */
  #serve(): void {
    if (this.#serving || !this.#config) return;
    this.#serving = true;
    try {
      while (this.#line.size > 0) {
        const backend = this.#picker.pick();
        if (!backend) break;
        const next = this.#line.next();
        const isOwn = next?.kind === 'request';
        const onResponse = isOwn ? this.#takeCold(backend) : undefined;
        next?.caller.granted(
          new BackendLease(this, backend, { kind: isOwn ? 'own' : 'lent', waited: true, onResponse }),
        );
      }
    } finally {
      this.#serving = false;
    }
    this.#warmIfHeldBack();
  }

  #warmIfHeldBack(): void {
    const heldBack = this.#line.requests > 0 && this.#readyCount > 0;
    if (heldBack && this.#config?.containerConcurrency === 0) this.#hooks.warmLater(this);
  }

  #raise(backend: Backend, by: number): void {
    backend.limit = raised(backend.limit, by);
    if (backend.state === 'ready' && hasRoom(backend)) this.#picker.offer(backend);
  }

  #hopeless(): RefusedError | undefined {
    const failure = this.#config?.failure;
    return failure === undefined || this.#readyCount > 0 ? undefined : new RefusedError('revision-failed', failure);
  }

  #refuseIfHopeless(): void {
    const refusal = this.#hopeless();
    if (refusal) this.refuseAll(refusal);
  }
}

const counts = (state: Backend['state']): boolean => state !== 'draining' && state !== 'gone';
const sameAddress = (a: Address, b: Address): boolean => a.host === b.host && a.port === b.port;
