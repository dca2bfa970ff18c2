import type { Clock } from '@ebb/base';
import type { RevisionConfig } from './revision-types.ts';
import type { Revision } from './revision.ts';

/** Longer than the pause before an instance that has crashed twice is started again (10 s), and its start. */
const doubtMs = 15_000;

interface Doubt {
  readonly timer: Disposable;
  config: RevisionConfig;
}

/**
 * Failures that are not believed yet. A revision whose instances have been ready is called failed also while a crashed one is
 * started again: requests wait for that, as they would for any other instance, and are refused only if the failure stays.
 */
export class Doubts implements Disposable {
  readonly #clock: Clock;
  readonly #doubts = new Map<Revision, Doubt>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Configures a revision, for the time being without a failure that is new and may pass. */
  configure(revision: Revision, config: RevisionConfig): void {
    const isNew = config.failure !== undefined && revision.config?.failure === undefined;
    if (!isNew || !revision.hasBeenReady) {
      this.drop(revision);
      revision.configure(config);
      return;
    }
    const known = this.#doubts.get(revision);
    if (known) known.config = config;
    else this.#begin(revision, config);
    revision.configure({ ...config, failure: undefined });
  }

  drop(revision: Revision): void {
    this.#doubts.get(revision)?.timer[Symbol.dispose]();
    this.#doubts.delete(revision);
  }

  [Symbol.dispose](): void {
    for (const revision of this.#doubts.keys()) this.drop(revision);
  }

  #begin(revision: Revision, config: RevisionConfig): void {
    const timer = this.#clock.after(doubtMs, () => {
      this.#doubts.delete(revision);
      revision.configure(doubt.config);
    });
    const doubt: Doubt = { timer, config };
    this.#doubts.set(revision, doubt);
  }
}
