import { type Clock, linkSignals, messageOf } from '@ebb/base';
import type { ContainerSpec, ContainerState, ContainerStatus, ProbeSpec, RestartPolicy } from '../model.ts';
import { type ExecResult, type GroupHost, type LogLine } from '../runtime.ts';
import type { AppFolder } from './apps.ts';
import { RestartBackoff } from './backoff.ts';
import { type Child, type Exit, startChild } from './child.ts';
import { commandLine, workingFolder } from './command.ts';
import { containerEnvironment } from './environment.ts';
import { execute } from './exec.ts';
import { ContainerLog } from './log.ts';
import { type ProbeTarget, check } from './probe.ts';
import { runProber } from './prober.ts';

export interface ProcessContainerOptions {
  readonly spec: ContainerSpec;
  readonly restartPolicy: RestartPolicy;
  readonly graceMs: number;
  readonly hostName: string;
  readonly marker: string;
  readonly parentEnvironment: Readonly<Record<string, string | undefined>>;
  /** The port of its own for its first declared one, checked again before each start; undefined if it declares none. */
  readonly port: () => Promise<number | undefined>;
  readonly portOf: (declared: number) => number;
  readonly mounts: readonly string[];
  readonly host: GroupHost;
  /** Keeps account of a process just started, until disposed. */
  readonly track: (pid: number) => Disposable;
  readonly clock: Clock;
}

/** The address of every group: processes share the machine's network. */
export const groupIp = '127.0.0.1';

/** Between readiness checks of a starting container. Commands cost more than a connection. */
const eagerMs = 100;
const eagerExecMs = 500;

/** How much of the log is shown as the reason of a failure. */
const messageLines = 80;
const messageBytes = 2048;

const creating: ContainerState = { state: 'Waiting', reason: 'ContainerCreating', message: '' };

/** A container as an OS process: started, probed, restarted with back-off, stopped with all its descendants. */
export class ProcessContainer {
  readonly #options: ProcessContainerOptions;
  readonly #abort = new AbortController();
  readonly #logs: { current: ContainerLog; previous: ContainerLog | undefined };
  #app: AppFolder | undefined;
  #environment: Readonly<Record<string, string>> = {};
  #child: Child | undefined;
  #state: ContainerState = creating;
  #previous: ContainerState | undefined;
  #ready = false;
  #restartCount = 0;

  constructor(options: ProcessContainerOptions) {
    this.#options = options;
    this.#logs = { current: new ContainerLog(options.clock), previous: undefined };
  }

  get status(): ContainerStatus {
    const { spec, portOf } = this.#options;
    return {
      name: spec.name,
      ready: this.#ready,
      restartCount: this.#restartCount,
      current: this.#state,
      ...(this.#previous ? { previous: this.#previous } : {}),
      ports: spec.ports.map(({ port }, index) => (index === 0 ? portOf(port) : port)),
    };
  }

  log(run: 'current' | 'previous'): readonly LogLine[] {
    return (run === 'current' ? this.#logs.current : this.#logs.previous)?.lines ?? [];
  }

  /** Shows why the container is not there yet. */
  wait(reason: string, message: string): void {
    this.#become({ state: 'Waiting', reason, message });
  }

  /** Runs until the container ends for good or is stopped; returns how. Never rejects. */
  async run(app: AppFolder): Promise<ContainerState> {
    this.#app = app;
    const backoff = new RestartBackoff();
    const { clock, restartPolicy } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const startedAtMs = clock.now();
      const exit = await this.#runOnce(app);
      this.#end(exit, startedAtMs);
      if (signal.aborted || restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && exit.exitCode === 0)) break;
      if (!(await this.#waitForRestart(backoff.next(clock.now() - startedAtMs)))) break;
      this.#restartCount += 1;
    }
    return this.#state;
  }

  /** SIGTERM, grace, SIGKILL; resolves when no process of the container is left. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#ready = false;
    await this.#child?.stop(this.#options.graceMs);
  }

  /** Ends the present run; the restart policy decides what follows. */
  async kill(): Promise<void> {
    this.#ready = false;
    await this.#child?.stop(this.#options.graceMs);
  }

  exec(command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const { marker, clock } = this.#options;
    const cwd = this.#app && workingFolder(this.#options.spec, this.#app);
    return execute({ command, cwd, env: this.#environment, marker: `${marker}/exec`, clock, signal });
  }

  async #runOnce(app: AppFolder): Promise<Exit> {
    const { spec, clock, host } = this.#options;
    const log = new ContainerLog(clock);
    try {
      const port = await this.#options.port();
      if (this.#abort.signal.aborted) return { exitCode: 143, signal: 15 };
      this.#environment = containerEnvironment({
        ...this.#options,
        folder: app.folder,
        ip: groupIp,
        port,
        parent: this.#options.parentEnvironment,
      });
      const command = commandLine(spec, app, this.#environment);
      const cwd = workingFolder(spec, app);
      if (this.#restartCount > 0) this.#logs.previous = this.#logs.current;
      this.#logs.current = log;
      this.#child = startChild({ ...this.#options, command, cwd, env: this.#environment, log });
    } catch (error) {
      return { exitCode: 128, startError: messageOf(error) };
    }
    const child = this.#child;
    if (child.pid === undefined) return child.exited;
    using _tracked = this.#options.track(child.pid);
    this.#become({ state: 'Running', startedAtMs: clock.now() });
    host.event({ type: 'Normal', reason: 'Started', message: `Started container ${spec.name}` });
    return await this.#probeWhile(child);
  }

  async #probeWhile(child: Child): Promise<Exit> {
    const { spec } = this.#options;
    const link = linkSignals(this.#abort.signal);
    if (!spec.readinessProbe) this.#setReady(true);
    const probers = [
      this.#runReadiness(spec.readinessProbe, link.signal),
      this.#runLiveness(spec.livenessProbe, link.signal),
    ];
    try {
      return await child.exited;
    } finally {
      link.abort();
      link[Symbol.dispose]();
      await Promise.all(probers);
    }
  }

  async #runReadiness(spec: ProbeSpec | undefined, signal: AbortSignal): Promise<void> {
    if (!spec) return;
    await runProber(
      {
        spec,
        eagerMs: spec.action.kind === 'exec' ? eagerExecMs : eagerMs,
        check: (each) => check(spec.action, this.#probeTarget(), each),
        onVerdict: (healthy) => this.#setReady(healthy),
        onFailure: (message) => this.#unhealthy(`Readiness probe failed: ${message}`),
        clock: this.#options.clock,
      },
      signal,
    );
  }

  async #runLiveness(spec: ProbeSpec | undefined, signal: AbortSignal): Promise<void> {
    if (!spec) return;
    const { name } = this.#options.spec;
    await runProber(
      {
        spec,
        check: (each) => check(spec.action, this.#probeTarget(), each),
        onVerdict: (healthy) => {
          if (healthy) return;
          const message = `Container ${name} failed liveness probe, will be restarted`;
          this.#options.host.event({ type: 'Normal', reason: 'Killing', message });
          // Never rejects; the end of the run is what shows.
          void this.kill();
        },
        onFailure: (message) => this.#unhealthy(`Liveness probe failed: ${message}`),
        clock: this.#options.clock,
      },
      signal,
    );
  }

  #probeTarget(): ProbeTarget {
    return {
      host: groupIp,
      portOf: this.#options.portOf,
      exec: (command, signal) => this.exec(command, signal),
    };
  }

  #unhealthy(message: string): void {
    this.#options.host.event({ type: 'Warning', reason: 'Unhealthy', message });
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready || (ready && this.#abort.signal.aborted)) return;
    this.#ready = ready;
    this.#options.host.changed();
  }

  #end({ exitCode, signal, startError }: Exit, startedAtMs: number): void {
    this.#child = undefined;
    this.#ready = false;
    const log = this.#logs.current.tail(messageLines, messageBytes);
    this.#become({
      state: 'Terminated',
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      reason: startError === undefined ? (exitCode === 0 ? 'Completed' : 'Error') : 'StartError',
      message: startError ?? (exitCode === 0 ? '' : log),
      startedAtMs,
      finishedAtMs: this.#options.clock.now(),
    });
  }

  /** False if the container was stopped meanwhile. */
  async #waitForRestart(backoffMs: number): Promise<boolean> {
    const { clock, host, spec, hostName } = this.#options;
    this.#previous = this.#state;
    if (backoffMs > 0) {
      const message = `back-off ${backoffMs / 1000}s restarting failed container=${spec.name} pod=${hostName}`;
      this.#become({ state: 'Waiting', reason: 'CrashLoopBackOff', message });
      host.event({ type: 'Warning', reason: 'BackOff', message: `Back-off restarting failed container ${spec.name}` });
    }
    try {
      await clock.sleep(backoffMs, { signal: this.#abort.signal });
      return true;
    } catch {
      // Stopped: how it last ended is what there is to tell.
      if (this.#previous) this.#become(this.#previous);
      return false;
    }
  }

  #become(state: ContainerState): void {
    this.#state = state;
    this.#options.host.changed();
  }
}
