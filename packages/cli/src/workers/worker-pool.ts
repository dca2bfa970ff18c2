import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import type { FromWorker, ToWorker, WorkerHub } from '@ebb/gateway-slb';

export interface WorkerPoolOptions {
  /** How many there are to be. */
  readonly count: number;
  /** Names of workers begin with it. */
  readonly name: string;
  /** The command line of the worker of that name. */
  readonly argsOf: (name: string) => readonly string[];
  /** How long a worker that was told to go may take for that; then it is killed. */
  readonly patienceMs: number;
  /** Gets what workers print. */
  readonly output: (text: string) => void;
  /** What they share. */
  readonly hub: WorkerHub;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a worker tells when it takes requests. */
export const readyMessage = 'ready';

/** A worker that ends sooner than this after its start is started again only after a while. */
const soonMs = 5000;
const firstPauseMs = 100;
const lastPauseMs = 10_000;

/** The place of one worker: it has one process after another. */
interface Place {
  /** Of the gateway; the same for a process that is started again because its predecessor died. */
  name: string;
  process: Worker;
  isReady: boolean;
  startedAt: number;
  pauseMs: number;
  /** Its process is to end: another has its place. */
  isLeaving: boolean;
}

/**
 * Gateway processes of one machine that share their ports. One that dies is started again; the others go on meanwhile. All end with this
 * process, however it ends.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions;
  readonly #places = new Set<Place>();
  readonly #waiting = new Set<() => void>();
  #named = 0;
  #isClosing = false;
  #restarting: Promise<void> = Promise.resolve();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    // Each takes connections from the system itself: one that dies takes none with it but its own.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    for (let i = 0; i < options.count; i++) this.#places.add(this.#open());
  }

  /** Process ids of those that work. */
  get pids(): readonly number[] {
    return [...this.#places].flatMap(({ process }) => process.process.pid ?? []);
  }

  /** True if all take requests. */
  get isReady(): boolean {
    return [...this.#places].every(({ isReady }) => isReady);
  }

  /** Resolves once all take requests. */
  async ready(): Promise<void> {
    while (!this.isReady && !this.#isClosing) await this.#change();
  }

  /** Replaces all processes, one after the other: the next is told to end its requests only when another has taken its place. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(() => this.#restartAll());
    return this.#restarting;
  }

  /** Tells all to end their requests and go, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const leaving = [...this.#places].map((place) => this.#end(place));
    this.#changed();
    await Promise.all(leaving);
  }

  async #restartAll(): Promise<void> {
    const before = Array.from(this.#places);
    for (const place of before) {
      if (this.#isClosing) return;
      const successor = this.#open();
      this.#places.add(successor);
      while (!successor.isReady && !this.#isClosing) await this.#change();
      await this.#end(place);
      this.#options.logger.info({ worker: place.name, successor: successor.name }, 'worker replaced');
    }
  }

  #open(): Place {
    const name = `${this.#options.name}-${++this.#named}`;
    const { clock } = this.#options;
    const place: Place = {
      name,
      process: this.#fork(name),
      isReady: false,
      startedAt: clock.now(),
      pauseMs: firstPauseMs,
      isLeaving: false,
    };
    this.#follow(place);
    return place;
  }

  #fork(name: string): Worker {
    const { argsOf, output } = this.#options;
    cluster.setupPrimary({ args: [...argsOf(name)], silent: true });
    const worker = cluster.fork();
    for (const stream of [worker.process.stdout, worker.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => output(text));
    }
    return worker;
  }

  #follow(place: Place): void {
    const { process } = place;
    process.on('error', (error) => this.#options.logger.warn({ error: messageOf(error) }, 'worker out of reach'));
    const seat = this.#options.hub.join((message) => sendTo(process, message));
    process.on('message', (message: typeof readyMessage | FromWorker) => {
      if (message !== readyMessage) return seat.take(message);
      place.isReady = true;
      this.#changed();
    });
    // All that it has said has come by then.
    process.once('disconnect', () => seat.leave());
    process.once('exit', (code, signal) => this.#ended(place, signal ?? code));
  }

  #ended(place: Place, how: number | string): void {
    const { clock, logger } = this.#options;
    place.isReady = false;
    if (place.isLeaving || this.#isClosing) {
      this.#places.delete(place);
      this.#changed();
      return;
    }
    const lived = clock.now() - place.startedAt;
    place.pauseMs = lived < soonMs ? Math.min(lastPauseMs, place.pauseMs * 2) : firstPauseMs;
    logger.warn({ worker: place.name, how, againInMs: place.pauseMs }, 'a worker has died; it is started again');
    clock.after(place.pauseMs, () => {
      if (this.#isClosing || place.isLeaving) return;
      place.process = this.#fork(place.name);
      place.startedAt = clock.now();
      this.#follow(place);
    });
    this.#changed();
  }

  async #end(place: Place): Promise<void> {
    place.isLeaving = true;
    const { process } = place;
    if (process.isDead()) {
      this.#places.delete(place);
      return;
    }
    const { clock, logger, patienceMs } = this.#options;
    // Not `once`, which rejects at an error of the channel: that a worker is out of reach does not mean that it has ended.
    const exited = new Promise((resolve) => process.once('exit', resolve));
    using _end = clock.after(patienceMs, () => {
      logger.error({ worker: place.name, patienceMs }, 'a worker does not end; it is killed');
      process.process.kill('SIGKILL');
    });
    process.process.kill('SIGTERM');
    await exited;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

/** Nobody is told of what does not reach a worker that is about to end: its end is seen by itself. */
function sendTo(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/**
 * A port that is free at the moment: what a port of 0 stands for where several processes are to share it. Throws `UserError` if
 * the one asked for is taken.
 */
export async function findPort(host: string, port: number): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    throw new UserError(`cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error });
  } finally {
    server.close();
  }
}
