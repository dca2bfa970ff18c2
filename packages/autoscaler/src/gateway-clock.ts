/** Below this a report is on time: what is left is the way here, and the receiver's second is as good. */
const onTimeMs = 1000;
/** Share by which the reference follows a clock that runs slow. */
const drift = 0.01;

/**
 * Tells by the receiver's clock when a gateway made its reports. The gateway's own clock may be off by any amount, run at another
 * pace and jump: its quickest report tells by how much. Times are milliseconds since the epoch.
 */
export class GatewayClock {
  /** What the receiver's clock is ahead, the shortest way here included. */
  #offsetMs = Number.POSITIVE_INFINITY;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** When a report stamped `atMs`, received at `nowMs`, was made. Never later than `nowMs`. */
  madeAt(atMs: number, nowMs: number): number {
    const offsetMs = nowMs - atMs;
    // Reports come in order: a stamp before the last one means that the gateway's clock was set back.
    const isReference = offsetMs < this.#offsetMs || atMs < this.#lastAtMs;
    this.#offsetMs = isReference ? offsetMs : this.#offsetMs + (offsetMs - this.#offsetMs) * drift;
    this.#lastAtMs = atMs;
    const lateMs = offsetMs - this.#offsetMs;
    return lateMs < onTimeMs ? nowMs : nowMs - lateMs;
  }

  /** The receiver's clock was set back or ahead: what was learnt is void. */
  reset(): void {
    this.#offsetMs = Number.POSITIVE_INFINITY;
  }
}
