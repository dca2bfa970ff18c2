import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import type { WorkerHub } from '@ebb/gateway-slb';
import { WorkerProcess } from './worker-process.ts';

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

/** Longest a process may take until it takes requests; then it is killed, and another is started. */
const startMs = 300_000;
/** A worker that ends sooner than this after its start is started again only after a while. */
const soonMs = 5000;
const firstPauseMs = 100;
const lastPauseMs = 10_000;

/** The place of one worker: it has one process after another. */
interface Place {
  /** Of the gateway; the same for a process that is started again because its predecessor died. */
  readonly name: string;
  /** The last one; it may have ended. */
  process: WorkerProcess | undefined;
  isReady: boolean;
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
  #nextRestart: Promise<void> | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    // Each takes connections from the system itself: one that dies takes none with it but its own.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    for (let i = 0; i < options.count; i++) this.#open();
  }

  /** Process ids of those that work. */
  get pids(): readonly number[] {
    return [...this.#places].flatMap(({ process }) => process?.pid ?? []);
  }

  /** True if all take requests. */
  get isReady(): boolean {
    return [...this.#places].every(({ isReady }) => isReady);
  }

  /** Resolves once all take requests. */
  async ready(): Promise<void> {
    while (!this.isReady && !this.#isClosing) await this.#change();
  }

  /**
   * Replaces all processes, one after the other: the next is told to end its requests only when another has taken its place. Asked for
   * while they are being replaced, it begins anew after that: once, however often it is asked for.
   */
  restart(): Promise<void> {
    this.#nextRestart ??= this.#restarting.then(() => {
      this.#nextRestart = undefined;
      this.#restarting = this.#restartAll();
      return this.#restarting;
    });
    return this.#nextRestart;
  }

  /** Tells all to end their requests and go, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const leaving = [...this.#places].map((place) => this.#end(place));
    this.#changed();
    await Promise.all(leaving);
  }

  async #restartAll(): Promise<void> {
    for (const place of Array.from(this.#places)) {
      if (this.#isClosing) return;
      const successor = this.#open();
      while (!successor.isReady && !this.#isClosing) await this.#change();
      await this.#end(place);
      this.#options.logger.info({ worker: place.name, successor: successor.name }, 'worker replaced');
    }
  }

  #open(): Place {
    const name = `${this.#options.name}-${++this.#named}`;
    const place: Place = { name, process: undefined, isReady: false, pauseMs: firstPauseMs, isLeaving: false };
    this.#places.add(place);
    void this.#run(place);
    return place;
  }

  /** Has processes in a place, one after the other, until it is given up. */
  async #run(place: Place): Promise<void> {
    const { argsOf, output, hub, clock, logger } = this.#options;
    const { name } = place;
    while (!place.isLeaving) {
      const startedAt = clock.now();
      const process = new WorkerProcess({ args: argsOf(name), output, hub, clock });
      place.process = process;
      using tooLate = clock.after(startMs, () => {
        logger.error({ worker: name, startMs }, 'a worker does not get ready; it is killed');
        process.kill();
      });
      void process.ready.then(() => {
        tooLate[Symbol.dispose]();
        place.isReady = true;
        this.#changed();
      });
      const how = await process.ended;
      place.isReady = false;
      this.#changed();
      if (place.isLeaving) return;
      const lived = clock.now() - startedAt;
      place.pauseMs = lived < soonMs ? Math.min(lastPauseMs, place.pauseMs * 2) : firstPauseMs;
      logger.warn({ worker: name, how, againInMs: place.pauseMs }, 'a worker has died; it is started again');
      await this.#pause(place.pauseMs);
    }
  }

  async #end(place: Place): Promise<void> {
    const { logger, patienceMs } = this.#options;
    place.isLeaving = true;
    await place.process?.leave(patienceMs, () => {
      logger.error({ worker: place.name, patienceMs }, 'a worker does not end; it is killed');
    });
    this.#places.delete(place);
    this.#changed();
  }

  /** Does not keep this process alive. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
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
