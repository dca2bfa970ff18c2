export interface BudgetLimits {
  /** Requests that may wait for one revision. Default 10,000. */
  readonly waitingPerRevision: number;
  /** Requests that may wait in all. Default 50,000. */
  readonly waiting: number;
  /** Bytes that requests which wait for one revision may hold. Default 64 MiB. */
  readonly waitingBytesPerRevision: number;
  /** Bytes that all requests which wait may hold. Default 256 MiB. */
  readonly waitingBytes: number;
}

/** What requests that wait take up. */
interface Use {
  requests: number;
  bytes: number;
}

/** Sees to it that those who wait do not take up more than there is room for. */
export class Budget<K> {
  readonly #limits: BudgetLimits;
  readonly #all: Use = { requests: 0, bytes: 0 };
  readonly #each = new Map<K, Use>();

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** Requests that wait, in all. */
  get requests(): number {
    return this.#all.requests;
  }

  /** Bytes they hold. */
  get bytes(): number {
    return this.#all.bytes;
  }

  /** Takes room for one more request; false if there is none. */
  take(key: K, bytes: number): boolean {
    const { waitingPerRevision, waiting, waitingBytesPerRevision, waitingBytes } = this.#limits;
    const use = this.#each.get(key) ?? { requests: 0, bytes: 0 };
    if (use.requests >= waitingPerRevision || this.#all.requests >= waiting) return false;
    if (use.bytes + bytes > waitingBytesPerRevision || this.#all.bytes + bytes > waitingBytes) return false;
    this.#each.set(key, use);
    change(use, 1, bytes);
    change(this.#all, 1, bytes);
    return true;
  }

  /** Gives back what one request took. */
  give(key: K, bytes: number): void {
    const use = this.#each.get(key);
    if (!use) return;
    change(use, -1, -bytes);
    change(this.#all, -1, -bytes);
    if (use.requests === 0) this.#each.delete(key);
  }
}

function change(use: Use, requests: number, bytes: number): void {
  use.requests += requests;
  use.bytes += bytes;
}
