import { type RequestListener, type Server, createServer } from 'node:http';
import { type Clock, messageOf } from '@ebb/base';
import type { ContainerSpec, ContainerState, ContainerStatus, GroupPhase, GroupSpec, GroupState } from '../model.ts';
import { Ports } from '../process/ports.ts';
import { type ContainerUsage, ExecError, type GroupHost, type Instance, type Runtime } from '../runtime.ts';

/** A length of time in milliseconds: fixed, or drawn evenly from a range. */
export type Duration = number | readonly [min: number, max: number];

/** How long each step of an instance's life takes (serverless-node.md, section 2.10). */
export interface SimulatedTiming {
  /** From the call to an instance: state Scheduling. Default 1 to 3 s. */
  readonly schedulingMs: Duration;
  /** Image, init and start, until it is ready: state Pending; from an image cache a tenth of it. Default 2 to 6 s. */
  readonly pendingMs: Duration;
  /** From the delete to its end. Default 1 s. */
  readonly terminatingMs: Duration;
}

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
  readonly timing?: Partial<SimulatedTiming>;
  /**
   * Open a small HTTP server on a port of its own for each instance that becomes ready, which answers with the group's name, or as
   * the listener made for that name does. Default false.
   */
  readonly serve?: boolean | ((name: string) => RequestListener);
  /** Told the moment an instance begins to answer, in milliseconds since the epoch. */
  readonly onReady?: (groupId: string, atMs: number) => void;
}

/** Of CPU and memory, while an instance runs. */
const busyShare = 0.1;
const usedShare = 0.25;

/** Ports of all simulated instances of this process. */
const ports = new Ports();

const defaultTiming: SimulatedTiming = { schedulingMs: [1000, 3000], pendingMs: [2000, 6000], terminatingMs: 1000 };

/** Instances that only keep the time real ones would take; for simulations and benchmarks. */
export function createSimulatedRuntime(options: SimulatedRuntimeOptions): Runtime {
  const instances = new Set<SimulatedInstance>();
  return {
    create: (id, spec, host) => {
      const instance = new SimulatedInstance(id, spec, host, options);
      instances.add(instance);
      instance.start();
      return instance;
    },
    close: async () => {
      await Promise.all([...instances].map((instance) => instance.stop()));
      instances.clear();
    },
  };
}

class SimulatedInstance implements Instance {
  readonly #id: string;
  #spec: GroupSpec;
  readonly #host: GroupHost;
  readonly #options: SimulatedRuntimeOptions;
  readonly #timing: SimulatedTiming;
  #phase: GroupPhase = 'Scheduling';
  #message: string | undefined;
  #startedAtMs: number | undefined;
  #readyAtMs: number | undefined;
  #server: Server | undefined;
  #port: number | undefined;
  #timer: Disposable | undefined;
  #stopping: Promise<void> | undefined;

  constructor(id: string, spec: GroupSpec, host: GroupHost, options: SimulatedRuntimeOptions) {
    this.#id = id;
    this.#spec = spec;
    this.#host = host;
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  start(): void {
    this.#after(this.#timing.schedulingMs, () => {
      this.#startedAtMs ??= this.#options.clock.now();
      this.#pend();
    });
  }

  get state(): GroupState {
    return {
      phase: this.#phase,
      ...(this.#startedAtMs === undefined ? {} : { ip: '127.0.0.1', startedAtMs: this.#startedAtMs }),
      ...(this.#message === undefined ? {} : { reason: 'StartError', message: this.#message }),
      initContainers: this.#spec.initContainers.map((each) => this.#status(each, this.#initState())),
      containers: this.#spec.containers.map((each) => this.#status(each, this.#containerState())),
    };
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  restart(spec: GroupSpec): Promise<void> {
    this.#spec = spec;
    if (!this.#stopping) this.#pend();
    return Promise.resolve();
  }

  /** Nobody reads its files. */
  updateVolumes(): Promise<void> {
    return Promise.resolve();
  }

  log(container: string): readonly [] | undefined {
    const known = [...this.#spec.initContainers, ...this.#spec.containers].some(({ name }) => name === container);
    return known ? [] : undefined;
  }

  exec(): Promise<never> {
    return Promise.reject(new ExecError('a simulated instance runs no commands'));
  }

  open(): Promise<never> {
    return this.exec();
  }

  /** A busy tenth of its CPU and a quarter of its memory, shared evenly by its containers. */
  usage(): Promise<readonly ContainerUsage[]> {
    const readyAtMs = this.#readyAtMs;
    if (readyAtMs === undefined) return Promise.resolve([]);
    const { containers, cpu, memory } = this.#spec;
    const milliseconds = Math.max(0, this.#options.clock.now() - readyAtMs);
    const share = 1 / containers.length;
    return Promise.resolve(
      containers.map(({ name }) => ({
        name,
        cpuNanoseconds: Math.round(cpu * busyShare * share * milliseconds * 1e6),
        memoryBytes: Math.round(memory * usedShare * share * 2 ** 30),
      })),
    );
  }

  /** The instance is there, with its address, as a real one's is long before it can answer. */
  #pend(): void {
    this.#readyAtMs = undefined;
    this.#become('Pending');
    this.#reservePort().then(
      () => {
        this.#host.changed();
        this.#after(this.#spec.hasImages ? shorter(this.#timing.pendingMs) : this.#timing.pendingMs, () => {
          this.#open().then(
            () => this.#becomeReady(),
            (error: unknown) => this.#fail(error),
          );
        });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    this.#message = messageOf(error);
    this.#become('Failed');
  }

  async #reservePort(): Promise<void> {
    if (this.#options.serve) this.#port ??= await ports.take();
  }

  #becomeReady(): void {
    if (this.#stopping) return;
    const nowMs = this.#options.clock.now();
    this.#readyAtMs = nowMs;
    this.#become('Running');
    this.#options.onReady?.(this.#id, nowMs);
  }

  async #open(): Promise<void> {
    if (!this.#options.serve || this.#server) return;
    const { serve } = this.#options;
    const server = createServer(typeof serve === 'function' ? serve(this.#spec.name) : answerWith(this.#spec.name));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    if (this.#stopping) await close(server);
  }

  async #stop(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#readyAtMs = undefined;
    await new Promise<void>((resolve) => {
      this.#after(this.#timing.terminatingMs, resolve);
    });
    if (this.#server) await close(this.#server);
    if (this.#port !== undefined) ports.release(this.#port);
  }

  #after(duration: Duration, task: () => void): void {
    this.#timer = this.#options.clock.after(draw(duration, this.#options.random), task);
  }

  #become(phase: GroupPhase): void {
    this.#phase = phase;
    this.#host.changed();
  }

  #status({ name, ports }: ContainerSpec, current: ContainerState): ContainerStatus {
    return {
      name,
      ready: current.state === 'Running',
      restartCount: 0,
      current,
      ports: ports.map(({ port }, index) => (index === 0 ? (this.#port ?? port) : port)),
    };
  }

  #containerState(): ContainerState {
    if (this.#readyAtMs === undefined) return { state: 'Waiting', reason: 'ContainerCreating', message: '' };
    return { state: 'Running', startedAtMs: this.#readyAtMs };
  }

  #initState(): ContainerState {
    const at = this.#readyAtMs;
    if (at === undefined) return { state: 'Waiting', reason: 'PodInitializing', message: '' };
    return { state: 'Terminated', exitCode: 0, reason: 'Completed', message: '', startedAtMs: at, finishedAtMs: at };
  }
}

function answerWith(name: string): RequestListener {
  return (request, response) => {
    request.resume();
    response.end(`${name}\n`);
  };
}

/** What is left where the image need not be pulled (serverless-node.md, section 2.10). */
const cachedShare = 0.1;

function shorter(duration: Duration): Duration {
  if (typeof duration === 'number') return duration * cachedShare;
  const [min, max] = duration;
  return [min * cachedShare, max * cachedShare];
}

function draw(duration: Duration, random: () => number): number {
  if (typeof duration === 'number') return duration;
  const [min, max] = duration;
  return min + random() * (max - min);
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
