import { setMaxListeners } from 'node:events';
import { type Logger, messageOf } from '@ebb/base';

/** A part of Ebb that runs until its signal aborts. */
export interface Component {
  /** Settles only once all that it started has stopped. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Resolves when it has caught up with the cluster and works. */
  readonly synced: Promise<void>;
}

/** Runs components side by side and stops them together. */
export class Components implements AsyncDisposable {
  /** Rejects with the first failure of a component. */
  readonly failed: Promise<never>;
  readonly #stop = new AbortController();
  readonly #states = new Map<string, boolean>();
  readonly #running: Promise<void>[] = [];
  readonly #logger: Logger;
  #fail: (reason: unknown) => void = () => {};

  constructor(logger: Logger) {
    // Every informer and timer of every component listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#logger = logger;
    this.failed = new Promise((_, reject) => (this.#fail = reject));
    // Whoever races against it sees the failure; until then it must not end the process as unhandled.
    this.failed.catch(() => {});
  }

  /** Whether each has caught up with the cluster, by name. */
  get states(): ReadonlyMap<string, boolean> {
    return this.#states;
  }

  /** Starts one; resolves when it works, rejects if it fails before. */
  async start(name: string, component: Component): Promise<void> {
    const { signal } = this.#stop;
    this.#states.set(name, false);
    const running = component.run({ signal }).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#logger.error({ component: name, error: messageOf(error) }, 'component failed');
      this.#fail(new Error(`${name} failed: ${messageOf(error)}`, { cause: error }));
    });
    this.#running.push(running);
    await Promise.race([component.synced, this.failed]);
    this.#states.set(name, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException('stopping', 'AbortError'));
    await Promise.all(this.#running);
  }
}
