import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ContainerSpec, ContainerState, GroupPhase, GroupSpec, GroupState } from '../model.ts';
import { ExecError, type ExecResult, type GroupHost, type Instance, type LogLine } from '../runtime.ts';
import type { AppFolder } from './apps.ts';
import { ProcessContainer, groupIp } from './container.ts';
import { GroupPorts } from './group-ports.ts';
import type { LiveProcesses } from './live-processes.ts';
import type { Ports } from './ports.ts';
import type { RunFolder } from './run-folder.ts';
import { layOutVolumes, mountFolders } from './volumes.ts';

export interface ProcessGroupOptions {
  readonly id: string;
  readonly spec: GroupSpec;
  readonly host: GroupHost;
  readonly images: (image: string) => AppFolder | undefined;
  readonly imageNames: () => readonly string[];
  readonly ports: Ports;
  readonly runFolder: () => Promise<RunFolder>;
  readonly live: LiveProcesses;
  readonly parentEnvironment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often a missing app is looked for again. */
const imageRetryMs = 2000;

/** What the containers of one start have in common. */
interface Round {
  readonly abort: AbortController;
  readonly initContainers: readonly ProcessContainer[];
  readonly containers: readonly ProcessContainer[];
  done: Promise<void>;
}

/** A container group as processes of this machine, sharing its loopback. */
export class ProcessGroup implements Instance {
  readonly #options: ProcessGroupOptions;
  readonly #ports: GroupPorts;
  #round: Round | undefined;
  #startedAtMs: number | undefined;
  #finished:
    | (Pick<GroupState, 'reason' | 'message' | 'finishedAtMs'> & { readonly phase: 'Succeeded' | 'Failed' })
    | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessGroupOptions) {
    this.#options = options;
    this.#ports = new GroupPorts(options.ports);
  }

  /** Begins; what becomes of it shows in the state. */
  start(): void {
    if (this.#stopping) return;
    const round: Round = { abort: new AbortController(), ...emptyRound };
    this.#round = round;
    round.done = this.#run(round);
  }

  get state(): GroupState {
    const { initContainers = [], containers = [] } = this.#round ?? {};
    return {
      phase: this.#phase(),
      ...(this.#startedAtMs === undefined ? {} : { ip: groupIp, startedAtMs: this.#startedAtMs }),
      ...this.#finished,
      initContainers: initContainers.map(({ status }) => status),
      containers: containers.map(({ status }) => status),
    };
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async restart(): Promise<void> {
    if (this.#stopping) return;
    await this.#endRound();
    this.#finished = undefined;
    this.start();
  }

  log(container: string, run: 'current' | 'previous'): readonly LogLine[] | undefined {
    return this.#find(container)?.log(run);
  }

  async exec(
    name: string,
    command: readonly string[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExecResult> {
    const container = this.#find(name);
    if (container?.status.current.state !== 'Running') throw new ExecError(`the container ${name} is not running`);
    return container.exec(command, signal);
  }

  async #stop(): Promise<void> {
    const { name } = this.#options.spec;
    this.#options.host.event({ type: 'Normal', reason: 'Killing', message: `Stopping container group ${name}` });
    await this.#endRound();
    this.#ports.release();
  }

  async #endRound(): Promise<void> {
    const round = this.#round;
    if (!round) return;
    round.abort.abort();
    await Promise.all([...round.initContainers, ...round.containers].map((container) => container.stop()));
    await round.done;
  }

  async #run(round: Round): Promise<void> {
    const { signal } = round.abort;
    try {
      const runFolder = await this.#options.runFolder();
      signal.throwIfAborted();
      const folder = runFolder.groupFolder(this.#options.id);
      layOutVolumes(this.#options.spec, folder);
      this.#build(round, runFolder, folder);
      this.#startedAtMs ??= this.#options.clock.now();
      const apps = await this.#findApps(round);
      if (await this.#runInit(round, apps)) await this.#runContainers(round, apps);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.logger.error(
        { group: this.#options.id, error: messageOf(error) },
        'a container group could not be run',
      );
      this.#finish('Failed', { reason: 'StartError', message: messageOf(error) });
    }
  }

  #build(round: Round, runFolder: RunFolder, folder: string): void {
    const { spec, id, host, clock, parentEnvironment } = this.#options;
    const make = (container: ContainerSpec, { isInit }: { readonly isInit: boolean }): ProcessContainer =>
      new ProcessContainer({
        spec: container,
        // An init container is tried again until it succeeds, unless nothing is.
        restartPolicy: isInit && spec.restartPolicy !== 'Never' ? 'OnFailure' : spec.restartPolicy,
        graceMs: spec.terminationGracePeriodSeconds * 1000,
        hostName: spec.name,
        marker: `${id}/${container.name}`,
        parentEnvironment,
        port: () => this.#ports.assign(container),
        portOf: (declared) => this.#ports.portOf(declared),
        mounts: mountFolders(container, folder),
        host,
        track: (pid) => {
          runFolder.record(pid);
          return this.#options.live.add(pid);
        },
        clock,
      });
    Object.assign(round, {
      initContainers: spec.initContainers.map((container) => make(container, { isInit: true })),
      containers: spec.containers.map((container) => make(container, { isInit: false })),
    });
  }

  /** The app of each container; waits, and says so, as long as one is missing. Rejects when stopped. */
  async #findApps(round: Round): Promise<Map<string, AppFolder>> {
    const { spec, images, host, clock } = this.#options;
    const all = [...spec.initContainers, ...spec.containers];
    for (let attempt = 0; ; attempt += 1) {
      const apps = new Map<string, AppFolder>();
      for (const { name, image } of all) {
        const app = images(image);
        if (app) apps.set(name, app);
        else this.#tellMissing(round, { name, image }, attempt);
      }
      if (apps.size === all.length) return apps;
      host.changed();
      await clock.sleep(imageRetryMs, { signal: round.abort.signal });
    }
  }

  #tellMissing(round: Round, { name, image }: Pick<ContainerSpec, 'name' | 'image'>, attempt: number): void {
    const names = this.#options.imageNames();
    const found = names.length === 0 ? 'none found' : `found: ${names.join(', ')}`;
    const message =
      `image "${image}" cannot be run here: this machine runs only folders as dev.local/<name> (${found}); ` +
      'a folder is one if it has a Procfile with a web: line, a package.json with a start script, or an executable file named start';
    const container = [...round.initContainers, ...round.containers].find(({ status }) => status.name === name);
    container?.wait(attempt === 0 ? 'ErrImagePull' : 'ImagePullBackOff', message);
    if (attempt === 0)
      this.#options.host.event({ type: 'Warning', reason: 'Failed', message: `Failed to pull ${message}` });
  }

  /** Runs the init containers in order. False if one failed for good or the group was stopped. */
  async #runInit(round: Round, apps: ReadonlyMap<string, AppFolder>): Promise<boolean> {
    for (const container of round.initContainers) {
      const app = apps.get(container.status.name);
      if (!app) return false;
      const end = await container.run(app);
      if (round.abort.signal.aborted) return false;
      if (end.state === 'Terminated' && end.exitCode === 0) continue;
      this.#finish('Failed', {
        reason: 'InitContainerFailed',
        message: `init container ${container.status.name} failed`,
      });
      return false;
    }
    return true;
  }

  async #runContainers(round: Round, apps: ReadonlyMap<string, AppFolder>): Promise<void> {
    using _deadline = this.#armDeadline(round);
    const ends = await Promise.all(
      round.containers.map(async (container) => {
        const app = apps.get(container.status.name);
        return app ? container.run(app) : container.status.current;
      }),
    );
    if (round.abort.signal.aborted) return;
    this.#finish(ends.every(isSuccess) ? 'Succeeded' : 'Failed', {});
  }

  #armDeadline(round: Round): Disposable {
    const { spec, clock } = this.#options;
    if (spec.activeDeadlineSeconds === undefined) return { [Symbol.dispose]: () => undefined };
    return clock.after(spec.activeDeadlineSeconds * 1000, () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#options.host.event({ type: 'Warning', reason: 'DeadlineExceeded', message });
      this.#finish('Failed', { reason: 'DeadlineExceeded', message });
      // Never rejects: a child's end is always told, never thrown.
      void Promise.all(round.containers.map((container) => container.stop()));
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

  #find(name: string): ProcessContainer | undefined {
    const { initContainers = [], containers = [] } = this.#round ?? {};
    return [...initContainers, ...containers].find(({ status }) => status.name === name);
  }
}

const emptyRound = { initContainers: [], containers: [], done: Promise.resolve() };

const hasRun = ({ state }: ContainerState): boolean => state !== 'Waiting';

const isSuccess = (state: ContainerState): boolean => state.state === 'Terminated' && state.exitCode === 0;
