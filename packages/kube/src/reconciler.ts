import { isConflict } from '@ebb/api';
import { type Clock, type LinkedSignal, type Logger, linkSignals, messageOf, untilAborted } from '@ebb/base';
import { type Backoff, backoffMs } from './backoff.ts';
import { KeyQueue } from './key-queue.ts';

/** A failure that trying again cannot mend: it is reported, and the key rests until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ReconcileContext {
  /** Aborts at the deadline and when the reconciler stops. */
  readonly signal: AbortSignal;
}

export interface ReconcileResult {
  /** Reconcile again after this time even if nothing changes. */
  readonly requeueAfterMs?: number | undefined;
}

export interface ReconcilerOptions {
  /** Named in logs. */
  readonly name: string;
  /** Makes the world as the object of that key wants it. Sees the key only: it reads the present state itself. */
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<ReconcileResult | void>;
  /** Keys reconciled at a time. Default 4. */
  readonly workers?: number | undefined;
  /** Time one reconcile may take. Default 30,000 (serving-api.md, section 13). */
  readonly deadlineMs?: number | undefined;
  /** Wait after failures of a key in a row. Default 5 ms, doubled up to 60 s. */
  readonly backoff?: Backoff | undefined;
  /** Told of every failure but conflicts, after it was logged. Must not throw. */
  readonly onError?: ((key: string, error: unknown) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Spreads retries. Default: no spread. */
  readonly random?: (() => number) | undefined;
}

export interface Reconciler {
  /** Asks for a reconcile as soon as a worker is free; a key already waiting is not doubled. */
  enqueue(key: string): void;
  /** Asks for a reconcile after `ms`; of several such wishes for a key the soonest counts. */
  enqueueAfter(key: string, ms: number): void;
  /** Works until aborted; settles when the last reconcile under way has ended. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

const defaultBackoff: Backoff = { baseMs: 5, capMs: 60_000 };

/** Another writer was quicker: what to do is known at once from the new version, so there is no point in waiting long. */
const conflictCapMs = 250;

/** A work queue of keys: one key never in two hands, retries with back-off, order of arrival. Keys may come before `run`. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  return new KeyedReconciler(options);
}

/** The signal of one reconcile. Most look at what there is and are done, without asking for it. */
class Deadline implements ReconcileContext, Disposable {
  readonly #parent: AbortSignal;
  readonly #endMs: number;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  #link: LinkedSignal | undefined;
  #timer: Disposable | undefined;

  constructor(parent: AbortSignal, deadlineMs: number, clock: Clock) {
    this.#parent = parent;
    this.#deadlineMs = deadlineMs;
    this.#endMs = clock.now() + deadlineMs;
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    if (this.#link) return this.#link.signal;
    const link = (this.#link = linkSignals(this.#parent));
    const late = (): void => link.abort(new Error(`not reconciled within ${this.#deadlineMs} ms`));
    this.#timer = this.#clock.after(Math.max(0, this.#endMs - this.#clock.now()), late);
    return link.signal;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#link?.[Symbol.dispose]();
  }
}

class KeyedReconciler implements Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #queue = new KeyQueue();
  readonly #delayed = new Map<string, { readonly at: number; readonly timer: Disposable }>();
  readonly #failures = new Map<string, number>();
  readonly #active = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  enqueue(key: string): void {
    this.#queue.add(key);
    this.#pump();
  }

  enqueueAfter(key: string, ms: number): void {
    if (this.#signal?.aborted) return;
    const at = this.#options.clock.now() + ms;
    const planned = this.#delayed.get(key);
    if (planned && planned.at <= at) return;
    planned?.timer[Symbol.dispose]();
    const timer = this.#options.clock.after(ms, () => {
      this.#delayed.delete(key);
      this.enqueue(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.#signal = signal;
    this.#pump();
    await untilAborted(signal);
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    await Promise.all(this.#active);
  }

  /** Gives waiting keys to free workers. */
  #pump(): void {
    const { workers = 4 } = this.#options;
    const signal = this.#signal;
    while (signal && !signal.aborted && this.#active.size < workers) {
      const key = this.#queue.take();
      if (key === undefined) return;
      const task = this.#process(key, signal).finally(() => {
        this.#active.delete(task);
        this.#queue.done(key);
        this.#pump();
      });
      this.#active.add(task);
    }
  }

  /** One reconcile, and what follows from how it went. Never rejects. */
  async #process(key: string, signal: AbortSignal): Promise<void> {
    const { reconcile, clock, deadlineMs = 30_000 } = this.#options;
    using context = new Deadline(signal, deadlineMs, clock);
    try {
      const result = await reconcile(key, context);
      this.#failures.delete(key);
      if (result?.requeueAfterMs !== undefined) this.enqueueAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (!signal.aborted) this.#fail(key, error);
    }
  }

  #fail(key: string, error: unknown): void {
    const { name, logger, onError, backoff = defaultBackoff, random = () => 0 } = this.#options;
    const fields = { controller: name, key, error: messageOf(error) };
    if (error instanceof TerminalError) {
      this.#failures.delete(key);
      logger.error(fields, 'reconcile failed for good');
      onError?.(key, error);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const waitMs = backoffMs(backoff, failures, random);
    if (isConflict(error)) {
      logger.debug(fields, 'reconcile met a newer version');
      this.enqueueAfter(key, Math.min(waitMs, conflictCapMs));
      return;
    }
    logger.warn({ ...fields, failures, waitMs: Math.round(waitMs) }, 'reconcile failed');
    this.enqueueAfter(key, waitMs);
    onError?.(key, error);
  }
}
