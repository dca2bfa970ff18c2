import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ContainerSpec, ContainerState, GroupPhase, GroupSpec, GroupState, VolumeSpec } from '../model.ts';
import {
  type ContainerUsage,
  ExecError,
  type ExecResult,
  type GroupHost,
  type Instance,
  type LogLine,
  type Session,
  type SessionRequest,
  type StopOptions,
} from '../runtime.ts';
import { Container } from './container.ts';
import { inOrder, isSidecar } from './order.ts';
import type { Sandbox } from './sandbox.ts';

export interface GroupOptions {
  readonly spec: GroupSpec;
  readonly host: GroupHost;
  /** Makes the place where its containers run; gives up when aborted. */
  readonly openSandbox: (options: { readonly signal: AbortSignal }) => Promise<Sandbox>;
  /** Wait after the n-th failure to get an image, from 1. */
  readonly imageRetryMs: (failures: number) => number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a stop has left nothing of it. */
  readonly onStopped: () => void | Promise<void>;
}

/** The containers of one start of a group. */
interface Round {
  readonly abort: AbortController;
  initContainers: readonly Container[];
  containers: readonly Container[];
  done: Promise<void>;
}

/** A container group's life, whatever runs it: init containers in order, then the others, until all end or it is stopped. */
export class ContainerGroup implements Instance {
  readonly #options: GroupOptions;
  readonly #abort = new AbortController();
  #spec: GroupSpec;
  #sandbox: Sandbox | undefined;
  #round: Round | undefined;
  #startedAtMs: number | undefined;
  #finished:
    | (Pick<GroupState, 'reason' | 'message' | 'finishedAtMs'> & { readonly phase: 'Succeeded' | 'Failed' })
    | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#spec = options.spec;
  }

  /** Begins; what becomes of it shows in the state. */
  start(): void {
    if (this.#stopping) return;
    const before = this.#round;
    const round: Round = { abort: new AbortController(), initContainers: [], containers: [], done: Promise.resolve() };
    this.#round = round;
    round.done = this.#run(round, before);
  }

  get state(): GroupState {
    const { initContainers = [], containers = [] } = this.#round ?? {};
    const ip = this.#sandbox?.ip;
    return {
      phase: this.#phase(),
      ...(ip === undefined || this.#startedAtMs === undefined ? {} : { ip, startedAtMs: this.#startedAtMs }),
      ...this.#finished,
      initContainers: initContainers.map(({ status }) => status),
      containers: containers.map(({ status }) => status),
    };
  }

  stop({ force = false }: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop();
    // Also those whose turn to be stopped has not come. Never rejects: a run's end is always told, never thrown.
    if (force) for (const container of this.#all()) void container.stop({ force });
    return this.#stopping;
  }

  async restart(spec: GroupSpec): Promise<void> {
    if (this.#stopping) return;
    await this.#endRound();
    this.#spec = spec;
    this.#finished = undefined;
    this.start();
  }

  async updateVolumes(volumes: readonly VolumeSpec[]): Promise<void> {
    await this.#sandbox?.updateVolumes(volumes);
  }

  log(container: string, run: 'current' | 'previous'): readonly LogLine[] | undefined {
    return this.#find(container)?.log(run);
  }

  async exec(
    name: string,
    command: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExecResult> {
    return this.#running(name).exec(command, signal);
  }

  async open(name: string, request: SessionRequest): Promise<Session> {
    return this.#running(name).open(request);
  }

  async usage(): Promise<readonly ContainerUsage[]> {
    const running = this.#all().filter(({ status }) => status.current.state === 'Running');
    return this.#sandbox && running.length > 0 ? this.#sandbox.usage(running.map(({ status }) => status.name)) : [];
  }

  #running(name: string): Container {
    const container = this.#find(name);
    if (container?.status.current.state !== 'Running') throw new ExecError(`the container ${name} is not running`);
    return container;
  }

  async #stop(): Promise<void> {
    const { host } = this.#options;
    host.event({ type: 'Normal', reason: 'Killing', message: `Stopping container group ${this.#spec.name}` });
    this.#abort.abort();
    await this.#endRound();
    await this.#sandbox?.close();
    await this.#options.onStopped();
  }

  async #endRound(): Promise<void> {
    const round = this.#round;
    if (!round) return;
    round.abort.abort();
    await stopInOrder([...round.initContainers, ...round.containers]);
    await round.done;
  }

  async #run(round: Round, before: Round | undefined): Promise<void> {
    const { signal } = round.abort;
    const { clock, openSandbox, logger } = this.#options;
    try {
      this.#sandbox ??= await openSandbox({ signal: this.#abort.signal });
      signal.throwIfAborted();
      this.#build(round, before, this.#sandbox);
      this.#startedAtMs ??= clock.now();
      this.#options.host.changed();
      using _deadline = this.#armDeadline(round);
      if (await this.#runInit(round)) await this.#runContainers(round);
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ error: messageOf(error) }, 'a container group could not be run');
      this.#finish('Failed', { reason: 'StartError', message: messageOf(error) });
    }
  }

  #build(round: Round, before: Round | undefined, sandbox: Sandbox): void {
    const { host, clock, imageRetryMs } = this.#options;
    const spec = this.#spec;
    const graceMs = spec.terminationGracePeriodSeconds * 1000;
    const shared = { graceMs, groupName: spec.name, sandbox, host, imageRetryMs, clock };
    const named = (all: readonly Container[] | undefined, { name }: ContainerSpec): Container | undefined =>
      all?.find(({ status }) => status.name === name);
    round.initContainers = spec.initContainers.map((container, index) => {
      // An init container is tried again until it succeeds, unless nothing is.
      const restartPolicy = spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
      const waitsFor = index === 0 ? 'ContainerCreating' : 'PodInitializing';
      return new Container({
        ...shared,
        spec: container,
        restartPolicy,
        waitsFor,
        before: named(before?.initContainers, container),
      });
    });
    const [begin = []] = inOrder(spec.containers, 'launch', (container) => container);
    round.containers = spec.containers.map((container) => {
      const { restartPolicy } = spec;
      const isFirst = spec.initContainers.length === 0 && begin.includes(container);
      const waitsFor = isFirst ? 'ContainerCreating' : 'PodInitializing';
      return new Container({
        ...shared,
        spec: container,
        restartPolicy,
        waitsFor,
        before: named(before?.containers, container),
      });
    });
  }

  /** Runs the init containers in order. False if one failed for good or the group was stopped. */
  async #runInit(round: Round): Promise<boolean> {
    for (const container of round.initContainers) {
      const end = await container.run();
      if (round.abort.signal.aborted || this.#finished) return false;
      if (isSuccess(end)) continue;
      const message = `init container ${container.status.name} failed`;
      this.#finish('Failed', { reason: 'InitContainerFailed', message });
      return false;
    }
    return true;
  }

  /** Runs the containers in the order they ask for; sidecars until the others have ended. */
  async #runContainers({ abort, containers }: Round): Promise<void> {
    const runs: { readonly container: Container; readonly end: Promise<ContainerState> }[] = [];
    for (const together of inOrder(containers, 'launch', specOf)) {
      runs.push(...together.map((container) => ({ container, end: container.run() })));
      await Promise.all(together.map(({ launched }) => launched));
    }
    const others = runs.filter(({ container }) => !isSidecar(container.spec));
    await Promise.all((others.length > 0 ? others : runs).map(({ end }) => end));
    if (!abort.signal.aborted) await stopInOrder(containers.filter(({ spec }) => isSidecar(spec)));
    const ends = await Promise.all(runs.map(({ end }) => end));
    if (abort.signal.aborted) return;
    this.#finish(ends.every(isSuccess) ? 'Succeeded' : 'Failed', {});
  }

  #armDeadline(round: Round): Disposable {
    const { clock, host } = this.#options;
    const { activeDeadlineSeconds } = this.#spec;
    if (activeDeadlineSeconds === undefined) return { [Symbol.dispose]: () => undefined };
    return clock.after(activeDeadlineSeconds * 1000, () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      host.event({ type: 'Warning', reason: 'DeadlineExceeded', message });
      this.#finish('Failed', { reason: 'DeadlineExceeded', message });
      // Never rejects: a run's end is always told, never thrown.
      void stopInOrder([...round.initContainers, ...round.containers]);
    });
  }

  #finish(
    phase: 'Succeeded' | 'Failed',
    { reason, message }: { readonly reason?: string; readonly message?: string },
  ): void {
    this.#finished ??= {
      phase,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      finishedAtMs: this.#options.clock.now(),
    };
    this.#options.host.changed();
  }

  #phase(): GroupPhase {
    if (this.#finished) return this.#finished.phase;
    if (this.#startedAtMs === undefined) return 'Scheduling';
    const containers = this.#round?.containers ?? [];
    const begun =
      containers.length > 0 &&
      containers.every(({ status }) => hasRun(status.current) || status.restartCount > 0 || status.previous);
    return begun ? 'Running' : 'Pending';
  }

  #find(name: string): Container | undefined {
    return this.#all().find(({ status }) => status.name === name);
  }

  #all(): readonly Container[] {
    const { initContainers = [], containers = [] } = this.#round ?? {};
    return [...initContainers, ...containers];
  }
}

const specOf = ({ spec }: Container): ContainerSpec => spec;

async function stopInOrder(containers: readonly Container[]): Promise<void> {
  for (const together of inOrder(containers, 'exit', specOf)) {
    await Promise.all(together.map((container) => container.stop()));
  }
}

const hasRun = ({ state }: ContainerState): boolean => state !== 'Waiting';

const isSuccess = (state: ContainerState): boolean => state.state === 'Terminated' && state.exitCode === 0;
