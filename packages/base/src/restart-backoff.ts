const firstMs = 10_000;
const maxMs = 300_000;

/** A container that ran so long starts over with its back-off. */
const resetAfterMs = 600_000;

/** How long to wait before a container is started again, as a kubelet does: nothing, then 10 s, doubling to 5 minutes. */
export class RestartBackoff {
  #restarts = 0;

  /** Takes the length of the run that just ended; returns the wait in milliseconds. */
  next(ranMs: number): number {
    if (ranMs >= resetAfterMs) this.#restarts = 0;
    this.#restarts += 1;
    return this.#restarts === 1 ? 0 : Math.min(firstMs * 2 ** (this.#restarts - 2), maxMs);
  }
}
