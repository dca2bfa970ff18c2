import type { Address, Backend } from './backend.ts';
import { createPicker } from './create-picker.ts';
import { hasRoom } from './backend.ts';
import { Fifo, type Place } from './fifo.ts';
import { BackendLease, type Lease, type LeaseOwner } from './lease.ts';
import type { LoadSource } from './load.ts';
import type { Picker } from './picker.ts';
import type { Readiness } from './readiness.ts';
import { RefusedError } from './refused-error.ts';
import { initialLimit, raised, warmUp } from './warm-up.ts';

/** What the activator needs to know of a revision. */
export interface RevisionConfig {
  /** Requests an instance may have at a time; 0 is any number. */
  readonly containerConcurrency: number;
  readonly readiness: Readiness;
  /** Why it cannot run. Requests that wait are then refused, and so are new ones while no instance is ready. */
  readonly failure?: string | undefined;
}

/** What Kubernetes says of a pod. */
export interface PodState {
  readonly name: string;
  readonly address: Address;
  readonly ready: boolean;
  readonly draining: boolean;
}

/** Is told how a wait ended. Exactly one of the two is called, once, unless the wait is cancelled. Must not throw. */
export interface Caller {
  granted(lease: Lease): void;
  refused(error: RefusedError): void;
}

/** What a revision asks of its surroundings. */
export interface RevisionHooks {
  readonly random: () => number;
  /** Probes a backend until told to stop. */
  probe(revision: Revision, backend: Backend): void;
  stopProbe(backend: Backend): void;
  /** Requests have begun to wait: probes are urgent. */
  hurry(revision: Revision): void;
  /** Requests that counted as load do so no more, or again. */
  loadChanged(revision: Revision, delta: number): void;
  /** Wakes the revision by `warmed` after a while. */
  warmLater(revision: Revision): void;
}

/** The instances of one revision, and the requests that wait for one. Knows no clock and no socket. */
export class Revision implements LoadSource, LeaseOwner {
  readonly namespace: string;
  readonly name: string;
  readonly #hooks: RevisionHooks;
  readonly #backends = new Map<string, Backend>();
  readonly #line = new Fifo<Caller>();
  #config: RevisionConfig | undefined;
  #picker: Picker;
  #readyCount = 0;
  #hasBeenReady = false;
  #nextSequence = 0;
  #serving = false;

  constructor(key: string, hooks: RevisionHooks) {
    const slash = key.indexOf('/');
    this.namespace = key.slice(0, slash);
    this.name = key.slice(slash + 1);
    this.#hooks = hooks;
    this.#picker = createPicker(0, hooks.random);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Undefined until the revision itself was seen; requests then wait. */
  get config(): RevisionConfig | undefined {
    return this.#config;
  }

  /** True once any of its instances has been ready. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  get isEmpty(): boolean {
    return this.#backends.size === 0 && this.#line.size === 0;
  }

  inFlightByPod(): Record<string, number> {
    const pods: Record<string, number> = {};
    for (const { name, inFlight } of this.#backends.values()) if (inFlight > 0) pods[name] = inFlight;
    return pods;
  }

  configure(config: RevisionConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before?.containerConcurrency !== config.containerConcurrency) this.#resetLimits(config.containerConcurrency);
    if (!before) for (const backend of this.#backends.values()) this.#considerProbe(backend);
    if (config.failure !== undefined) this.#refuseIfHopeless();
    this.#serve();
  }

  setPod(pod: PodState): void {
    const known = this.#backends.get(pod.name);
    const backend = known ?? this.#add(pod);
    if (!sameAddress(backend.address, pod.address)) {
      backend.address = pod.address;
      if (backend.state === 'ready' || backend.state === 'ejected') this.#move(backend, 'starting');
    }
    const wasReady = backend.podReady;
    backend.podReady = pod.ready;
    if (pod.draining) this.#move(backend, 'draining');
    else if (backend.state === 'draining') this.#move(backend, pod.ready ? 'ready' : 'starting');
    else if (pod.ready && backend.state === 'starting') this.#move(backend, 'ready');
    // A pod found ready by a probe may still be reported as not ready; only the change from ready to not ready is news.
    else if (wasReady && !pod.ready && backend.state === 'ready') this.#move(backend, 'starting');
    else if (!known) this.#considerProbe(backend);
    this.#serve();
  }

  deletePod(name: string): void {
    const backend = this.#backends.get(name);
    if (!backend) return;
    this.#move(backend, 'gone');
    this.#backends.delete(name);
    this.#refuseIfHopeless();
  }

  /** A slot, if there is one and nobody waits for it. */
  take(): Lease | undefined {
    if (this.#line.size > 0 || !this.#config) return undefined;
    const backend = this.#picker.pick();
    return backend && this.#lease(backend, false);
  }

  /** Puts a caller at the end of the line. Throws `RefusedError` if the revision has failed. */
  enqueue(caller: Caller): Place<Caller> {
    const refusal = this.#hopeless();
    if (refusal) throw refusal;
    const place = this.#line.push(caller);
    if (this.#line.size === 1) {
      this.#hooks.hurry(this);
      this.#warmIfHeldBack();
    }
    return place;
  }

  /** False if the caller was served or refused before. */
  leave(place: Place<Caller>): boolean {
    return this.#line.remove(place);
  }

  /** Refuses everyone who waits. */
  refuseAll(error: RefusedError): void {
    for (let caller = this.#line.shift(); caller; caller = this.#line.shift()) caller.refused(error);
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
    for (const backend of this.#backends.values()) if (backend.state === 'ready') this.#raise(backend, backend.limit);
    this.#serve();
  }

  returned(backend: Backend, counted: boolean): void {
    backend.inFlight--;
    if (counted) this.#hooks.loadChanged(this, -1);
    if (backend.state === 'ready' && hasRoom(backend)) this.#picker.offer(backend);
    this.#serve();
  }

  responded(backend: Backend): void {
    if (this.#config?.containerConcurrency !== 0 || backend.limit === Infinity) return;
    this.#raise(backend, warmUp.perResponse);
    this.#serve();
  }

  unreachable(backend: Backend): void {
    if (backend.state === 'ready') this.#move(backend, 'ejected');
  }

  get isDraining(): boolean {
    for (const { state } of this.#backends.values()) if (state === 'draining') return true;
    return false;
  }

  podNames(): readonly string[] {
    return [...this.#backends.keys()];
  }

  /** Names of pods that drain and have no request left. */
  *drained(): Generator<string> {
    for (const { name, state, inFlight } of this.#backends.values()) {
      if (state === 'draining' && inFlight === 0) yield `${this.namespace}/${name}`;
    }
  }

  #add({ name, address }: PodState): Backend {
    const limit = initialLimit(this.#config?.containerConcurrency ?? 0);
    const book = { inFlight: 0, limit, index: -1, podReady: false };
    const backend: Backend = { name, address, sequence: this.#nextSequence++, state: 'starting', ...book };
    this.#backends.set(name, backend);
    return backend;
  }

  /** Moves a backend to another state, with all that follows from it. */
  #move(backend: Backend, state: Backend['state']): void {
    const before = backend.state;
    if (before === state) return;
    backend.state = state;
    if (before === 'ready') {
      this.#readyCount--;
      this.#picker.withdraw(backend);
    }
    if (counts(before) && !counts(state)) this.#hooks.loadChanged(this, -backend.inFlight);
    if (!counts(before) && counts(state)) this.#hooks.loadChanged(this, backend.inFlight);
    if (state === 'ready') {
      this.#readyCount++;
      this.#hasBeenReady = true;
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

  #resetLimits(containerConcurrency: number): void {
    for (const backend of this.#backends.values()) this.#picker.withdraw(backend);
    this.#picker = createPicker(containerConcurrency, this.#hooks.random);
    for (const backend of this.#backends.values()) {
      backend.limit = initialLimit(containerConcurrency);
      if (backend.state === 'ready' && hasRoom(backend)) this.#picker.offer(backend);
    }
  }

  #lease(backend: Backend, waited: boolean): Lease {
    backend.inFlight++;
    if (!hasRoom(backend)) this.#picker.withdraw(backend);
    return new BackendLease(this, backend, waited);
  }

  /** Gives free slots to those who wait. Callers may give theirs back at once, hence the guard. */
  #serve(): void {
    if (this.#serving || !this.#config) return;
    this.#serving = true;
    try {
      while (this.#line.size > 0) {
        const backend = this.#picker.pick();
        if (!backend) break;
        this.#line.shift()?.granted(this.#lease(backend, true));
      }
    } finally {
      this.#serving = false;
    }
    this.#warmIfHeldBack();
  }

  #warmIfHeldBack(): void {
    const heldBack = this.#line.size > 0 && this.#readyCount > 0;
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
