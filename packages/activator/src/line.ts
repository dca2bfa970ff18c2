import type { Lease } from './lease.ts';
import { Fifo, type Place } from './fifo.ts';
import { Overload } from './overload.ts';
import type { RefusedError } from './refused-error.ts';

/** Is told how a wait ended. Exactly one of the two is called, once, unless the wait is cancelled. Must not throw. */
export interface Caller {
  /** When its request arrived, in milliseconds since the epoch. Default: now. */
  readonly arrivedAt?: number | undefined;
  /** Bytes the request holds while it waits. Default: what most do. */
  readonly heldBytes?: number | undefined;
  /** Instances it would rather have than others, by pod name, if one of them has room at once. */
  readonly prefers?: ((podName: string) => boolean) | undefined;
  granted(lease: Lease): void;
  refused(error: RefusedError): void;
}

/**
 * Who waits for a slot.
 *
 * - `request`: a request of this gateway.
 * - `ask`: another gateway that has no slot of its own; takes turns with requests.
 * - `spare`: another gateway whose own slots are all taken; gets what nobody here needs.
 */
export type WaitKind = 'request' | 'ask' | 'spare';

export interface Standing {
  readonly kind: WaitKind;
  readonly place: Place<Caller>;
}

/** Those who wait for a revision, each kind first come first served, unless that serves nobody any more (`Overload`). */
export class Line {
  readonly #fifos: Readonly<Record<WaitKind, Fifo<Caller>>> = {
    request: new Fifo(),
    ask: new Fifo(),
    spare: new Fifo(),
  };
  readonly #overload = new Overload();
  #lastWasRequest = false;

  /** Requests of this gateway that wait. */
  get requests(): number {
    return this.#fifos.request.size;
  }

  /** All who wait and go before one that comes now. */
  get ahead(): number {
    return this.#fifos.request.size + this.#fifos.ask.size;
  }

  get size(): number {
    return this.ahead + this.#fifos.spare.size;
  }

  push(kind: WaitKind, caller: Caller): Standing {
    return { kind, place: this.#fifos[kind].push(caller) };
  }

  /** False if that place was left before. */
  leave({ kind, place }: Standing): boolean {
    const left = this.#fifos[kind].remove(place);
    this.#endOverload();
    return left;
  }

  /** A request that had waited was answered, or lost its client before that. */
  tellOutcome(wasAnswered: boolean): void {
    if (wasAnswered) this.#overload.answered();
    else if (this.requests > 0) this.#overload.inVain();
  }

  /** Takes out whose turn it is. */
  next(): { readonly kind: WaitKind; readonly caller: Caller } | undefined {
    const { request, ask } = this.#fifos;
    const first = request.size > 0 && (ask.size === 0 || !this.#lastWasRequest) ? 'request' : 'ask';
    this.#lastWasRequest = first === 'request';
    return this.take(first) ?? this.take('spare');
  }

  /** Takes out the first of a kind, or under overload the last. */
  take(kind: WaitKind): { readonly kind: WaitKind; readonly caller: Caller } | undefined {
    const fifo = this.#fifos[kind];
    const caller = kind === 'request' && this.#overload.takesNewest() ? fifo.pop() : fifo.shift();
    this.#endOverload();
    return caller && { kind, caller };
  }

  #endOverload(): void {
    if (this.requests === 0) this.#overload.over();
  }
}
