import type { Address, Backend } from './backend.ts';
import type { InstanceTimes } from './cold-start.ts';

/**
 * Whose slot a request is on, and whose request it is.
 *
 * - `own`: this gateway's request on its own slot.
 * - `borrowed`: this gateway's request on the slot of another.
 * - `lent`: the request of another gateway on a slot of this one.
 */
export type SlotKind = 'own' | 'borrowed' | 'lent';

/** What a lease does to the revision it came from. */
export interface LeaseOwner {
  /** A slot is taken. */
  taken(backend: Backend, kind: SlotKind): void;
  /** The request is over. */
  returned(backend: Backend, kind: SlotKind): void;
  /** A borrowed slot has become this gateway's own to account for. */
  converted(backend: Backend): void;
  /** The instance has begun to answer. */
  responded(backend: Backend): void;
  /** A request that had waited was answered, or nobody waits for its answer any more. */
  outcome(wasAnswered: boolean): void;
  /** The instance cannot be connected to. */
  unreachable(backend: Backend): void;
}

/** A slot on an instance, held by one request until released. */
export interface Lease {
  readonly address: Address;
  readonly podName: string;
  /** True if the request had to wait for an instance. */
  readonly waited: boolean;
  /** How the instance came about, and when. */
  readonly times: InstanceTimes;
  /** To be called when the first byte of an answer is there: a cold instance then gets more. */
  responded(): void;
  /** Gives the slot back. Calling it again does nothing. */
  release(): void;
  /** Gives the slot back: whoever wants the answer has left, or its time is up, before any of it was there. */
  abandon(): void;
  /** Gives the slot back, and sends nothing more to this instance until a probe of it succeeds. */
  connectFailed(): void;
}

export interface SlotUse {
  readonly kind: SlotKind;
  readonly waited: boolean;
  /** Told when the instance first answers. */
  readonly onResponse?: (() => void) | undefined;
  /** Told when the slot is free again. */
  readonly onRelease?: (() => void) | undefined;
}

export class BackendLease implements Lease {
  readonly address: Address;
  readonly waited: boolean;
  readonly #backend: Backend;
  readonly #owner: LeaseOwner;
  readonly #onResponse: (() => void) | undefined;
  readonly #onRelease: (() => void) | undefined;
  #kind: SlotKind;
  #open = true;
  #responded = false;

  constructor(owner: LeaseOwner, backend: Backend, { kind, waited, onResponse, onRelease }: SlotUse) {
    this.#owner = owner;
    this.#backend = backend;
    this.#kind = kind;
    this.#onResponse = onResponse;
    this.#onRelease = onRelease;
    this.address = backend.address;
    this.waited = waited;
    owner.taken(backend, kind);
  }

  get podName(): string {
    return this.#backend.name;
  }

  get times(): InstanceTimes {
    return this.#backend.times;
  }

  responded(): void {
    if (this.#responded || !this.#open) return;
    this.#responded = true;
    this.#onResponse?.();
    if (this.waited) this.#owner.outcome(true);
    this.#owner.responded(this.#backend);
  }

  release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#owner.returned(this.#backend, this.#kind);
    this.#onRelease?.();
  }

  abandon(): void {
    if (this.#open && this.waited && !this.#responded) this.#owner.outcome(false);
    this.release();
  }

  connectFailed(): void {
    if (!this.#open) return;
    // The address may be another by now, as after a restart of the pod.
    if (this.#backend.address === this.address) this.#owner.unreachable(this.#backend);
    this.release();
  }

  /** Makes a borrowed slot count as this gateway's own: the one it came from no longer answers for it. */
  keep(): void {
    if (!this.#open || this.#kind !== 'borrowed') return;
    this.#kind = 'own';
    this.#owner.converted(this.#backend);
  }
}
