import cluster, { type Worker } from 'node:cluster';
import { type Clock, messageOf } from '@ebb/base';
import type { FromWorker, ToWorker, WorkerHub } from '@ebb/gateway-slb';

/** What a worker tells when it takes requests. */
export const readyMessage = 'ready';

export interface WorkerProcessOptions {
  /** Its command line. */
  readonly args: readonly string[];
  /** Gets what it prints. */
  readonly output: (text: string) => void;
  /** What it shares with the other workers. */
  readonly hub: WorkerHub;
  readonly clock: Clock;
}

/** Another process of this program, from its start to its end: it has an end, whatever happens, even if it could not be started at all. */
export class WorkerProcess {
  /** Resolves when it takes requests; never, if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with how: its exit code, the signal that ended it, or why it could not be started. */
  readonly ended: Promise<number | string>;
  readonly #worker: Worker | undefined;
  readonly #clock: Clock;
  #leaving: Promise<void> | undefined;

  constructor({ args, output, hub, clock }: WorkerProcessOptions) {
    this.#clock = clock;
    let markReady = (): void => {};
    this.ready = new Promise((resolve) => (markReady = resolve));
    try {
      cluster.setupPrimary({ args: [...args], silent: true });
      this.#worker = cluster.fork();
    } catch (error) {
      this.ended = Promise.resolve(messageOf(error));
      return;
    }
    const worker = this.#worker;
    for (const stream of [worker.process.stdout, worker.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => output(text));
    }
    const seat = hub.join((message) => this.#send(message));
    worker.on('message', (message: typeof readyMessage | FromWorker) => {
      if (message === readyMessage) markReady();
      else seat.take(message);
    });
    // All that it has said has come by then.
    worker.once('disconnect', () => seat.leave());
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code, signal) => resolve(signal ?? code));
      // That it is out of reach does not mean that it has ended; what was never started has no other end.
      worker.on('error', (error) => {
        if (worker.isDead()) resolve(messageOf(error));
      });
    });
  }

  /** Undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  /**
   * Tells it to end its requests and go, and resolves when it has ended. It is told once, whoever calls this: told twice it would not wait for
   * its requests.
   * @param tooLate Called when it is killed, having taken longer than `patienceMs`.
   */
  leave(patienceMs: number, tooLate: () => void): Promise<void> {
    this.#leaving ??= this.#leave(patienceMs, tooLate);
    return this.#leaving;
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker?.process.kill('SIGKILL');
  }

  async #leave(patienceMs: number, tooLate: () => void): Promise<void> {
    using _end = this.#clock.after(patienceMs, () => {
      tooLate();
      this.kill();
    });
    this.#worker?.process.kill('SIGTERM');
    await this.ended;
  }

  /** What cannot reach it any more is lost: its end is seen by itself. */
  #send(message: ToWorker): void {
    if (this.#worker?.isConnected()) this.#worker.send(message, () => {});
  }
}
