import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { Address, Backend } from './backend.ts';
import { probeIntervalMs } from './probe-schedule.ts';
import type { Readiness } from './readiness.ts';

/** One attempt. Resolves to whether the instance is ready; a rejection counts as not ready. */
export type ProbeAttempt = (
  address: Address,
  readiness: Readiness,
  options: { readonly signal: AbortSignal },
) => Promise<boolean>;

/** An instance to be probed until it is ready. */
export interface ProbeTarget {
  readonly readiness: Readiness;
  /** Requests wait for it. */
  isUrgent(): boolean;
  /** An attempt begins. */
  attempted(): void;
  /** As many attempts as asked for have succeeded. Called once. */
  succeeded(): void;
}

interface Watched {
  readonly target: ProbeTarget;
  readonly address: Address;
  readonly stop: AbortController;
  readonly beganAt: number;
  successes: number;
  /** The next attempt, if none is under way. */
  timer: Disposable | undefined;
}

export interface ProberOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly attempt: ProbeAttempt;
}

/** Probes instances that are not ready, each on its own: a slow one holds up no other. */
export class Prober implements Disposable {
  readonly #options: ProberOptions;
  readonly #watched = new Map<Backend, Watched>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Begins; an instance already probed at the same address goes on as it was. */
  watch(backend: Backend, target: ProbeTarget): void {
    if (this.#watched.get(backend)?.address === backend.address) return;
    this.unwatch(backend);
    const beganAt = this.#options.clock.now();
    const watched: Watched = {
      target,
      address: backend.address,
      stop: new AbortController(),
      beganAt,
      successes: 0,
      timer: undefined,
    };
    this.#watched.set(backend, watched);
    this.#schedule(backend, watched, target.readiness.initialDelayMs);
  }

  unwatch(backend: Backend): void {
    const watched = this.#watched.get(backend);
    if (!watched) return;
    this.#watched.delete(backend);
    watched.timer?.[Symbol.dispose]();
    watched.stop.abort();
  }

  /** Makes the next attempts on urgent targets follow soon. */
  hurry(): void {
    for (const [backend, watched] of this.#watched) {
      const due = watched.beganAt + watched.target.readiness.initialDelayMs;
      if (!watched.timer || !watched.target.isUrgent() || this.#options.clock.now() < due) continue;
      watched.timer[Symbol.dispose]();
      this.#schedule(backend, watched, 0);
    }
  }

  [Symbol.dispose](): void {
    for (const backend of this.#watched.keys()) this.unwatch(backend);
  }

  #schedule(backend: Backend, watched: Watched, ms: number): void {
    const attempt = (): void => {
      watched.timer = undefined;
      void this.#attempt(backend, watched); // never rejects
    };
    if (ms <= 0) attempt();
    else watched.timer = this.#options.clock.after(ms, attempt);
  }

  async #attempt(backend: Backend, watched: Watched): Promise<void> {
    const { target, address, stop } = watched;
    target.attempted();
    const ready = await this.#options.attempt(address, target.readiness, { signal: stop.signal }).catch((error) => {
      if (!stop.signal.aborted)
        this.#options.logger.debug({ pod: backend.name, error: messageOf(error) }, 'probe failed');
      return false;
    });
    if (stop.signal.aborted) return;
    watched.successes = ready ? watched.successes + 1 : 0;
    if (watched.successes >= target.readiness.successThreshold) {
      this.unwatch(backend);
      target.succeeded();
      return;
    }
    this.#schedule(backend, watched, ready ? 1 : this.#intervalOf(watched));
  }

  #intervalOf({ target, beganAt }: Watched): number {
    const elapsedMs = this.#options.clock.now() - beganAt;
    return probeIntervalMs({ urgent: target.isUrgent(), elapsedMs, targets: this.#watched.size });
  }
}
