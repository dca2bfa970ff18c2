import { type Logger, messageOf } from '@ebb/base';

/** Tasks done between two turns of the event loop, so that requests are not kept waiting. */
const batch = 50;

/** Runs tasks one after another, each key at most once at a time in the queue. A task that throws is logged. */
export class TaskQueue implements Disposable {
  readonly #logger: Logger;
  readonly #tasks = new Map<string, () => void>();
  #scheduled: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Queues a task, unless one of that key waits already: it will see the state of then. */
  add(key: string, task: () => void): void {
    if (this.#closed || this.#tasks.has(key)) return;
    this.#tasks.set(key, task);
    this.#scheduled ??= setImmediate(() => this.#drain());
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#tasks.clear();
    if (this.#scheduled) clearImmediate(this.#scheduled);
  }

  #drain(): void {
    this.#scheduled = undefined;
    let left = batch;
    for (const [key, task] of this.#tasks) {
      if (left-- === 0) break;
      this.#tasks.delete(key);
      this.#run(key, task);
    }
    if (this.#tasks.size > 0 && !this.#closed) this.#scheduled = setImmediate(() => this.#drain());
  }

  #run(key: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#logger.warn({ task: key, error: messageOf(error) }, 'a task of the API server failed');
    }
  }
}
