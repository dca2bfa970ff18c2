import { EciError } from './error.ts';
import type { Stamp } from './signature.ts';

/** How far a call's time may be from ours, either way. */
const skewMs = 15 * 60_000;

/**
 * Refuses calls that are too old or that came before. Remembers each nonce as long as its call could be repeated, and no
 * more than `limit` of them (the oldest go first).
 */
export class Nonces {
  readonly #seen = new Map<string, number>();
  readonly #limit: number;

  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  /** Takes the stamp of a call whose signature is good. Throws `EciError` if the call may not be honoured. */
  admit({ atMs, nonce }: Stamp, nowMs: number): void {
    if (Math.abs(nowMs - atMs) > skewMs) {
      throw new EciError('InvalidTimeStamp.Expired', 'The time stamp is more than 15 minutes from the time here.');
    }
    if (this.#seen.has(nonce)) throw new EciError('SignatureNonceUsed', 'The signature nonce was used before.');
    this.#forget(nowMs);
    this.#seen.set(nonce, nowMs + 2 * skewMs);
  }

  #forget(nowMs: number): void {
    for (const [nonce, untilMs] of this.#seen) {
      if (untilMs > nowMs && this.#seen.size < this.#limit) break;
      this.#seen.delete(nonce);
    }
  }
}
