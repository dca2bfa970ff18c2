import type { Address, Backend } from './backend.ts';

/** What a lease does to the revision it came from. */
export interface LeaseOwner {
  /** The request is over. */
  returned(backend: Backend, counted: boolean): void;
  /** The instance has begun to answer. */
  responded(backend: Backend): void;
  /** The instance cannot be connected to. */
  unreachable(backend: Backend): void;
}

/** A slot on an instance, held by one request until released. */
export interface Lease {
  readonly address: Address;
  readonly podName: string;
  /** True if the request had to wait for an instance. */
  readonly waited: boolean;
  /** To be called when the first byte of an answer is there: a cold instance then gets more. */
  responded(): void;
  /** Gives the slot back. Calling it again does nothing. */
  release(): void;
  /** Gives the slot back, and sends nothing more to this instance until a probe of it succeeds. */
  connectFailed(): void;
}

export class BackendLease implements Lease {
  readonly address: Address;
  readonly waited: boolean;
  readonly #backend: Backend;
  readonly #owner: LeaseOwner;
  #open = true;
  #responded = false;

  constructor(owner: LeaseOwner, backend: Backend, waited: boolean) {
    this.#owner = owner;
    this.#backend = backend;
    this.address = backend.address;
    this.waited = waited;
  }

  get podName(): string {
    return this.#backend.name;
  }

  responded(): void {
    if (this.#responded || !this.#open) return;
    this.#responded = true;
    this.#owner.responded(this.#backend);
  }

  release(): void {
    if (!this.#open) return;
    this.#open = false;
    // A pod that drains no longer counts its requests, nor does one that is gone.
    this.#owner.returned(this.#backend, this.#backend.state !== 'draining' && this.#backend.state !== 'gone');
  }

  connectFailed(): void {
    if (!this.#open) return;
    // The address may be another by now, as after a restart of the pod.
    if (this.#backend.address === this.address) this.#owner.unreachable(this.#backend);
    this.release();
  }
}
