import { type Clock, RestartBackoff, linkSignals, messageOf } from '@ebb/base';
import { type ProbeTarget, check, runProber } from '@ebb/base/probe';
import type { ContainerSpec, ContainerState, ContainerStatus, HookSpec, ProbeSpec, RestartPolicy } from '../model.ts';
import {
  ExecError,
  type ExecResult,
  type GroupHost,
  type LogLine,
  type Session,
  type SessionRequest,
  type StopOptions,
} from '../runtime.ts';
import { ContainerLog } from './container-log.ts';
import { endRun, runHook } from './hooks.ts';
import { pullImage } from './image-pull.ts';
import type { Exit, Run, Sandbox } from './sandbox.ts';
import { terminatedState } from './terminated-state.ts';

export interface ContainerOptions {
  readonly spec: ContainerSpec;
  readonly restartPolicy: RestartPolicy;
  readonly graceMs: number;
  readonly groupName: string;
  readonly sandbox: Sandbox;
  readonly host: GroupHost;
  /** The same container before its group was restarted. */
  readonly before: Container | undefined;
  /** What it waits for in the beginning. */
  readonly waitsFor: 'ContainerCreating' | 'PodInitializing';
  /** Wait after the n-th failure to get the image, from 1. */
  readonly imageRetryMs: (failures: number) => number;
  readonly clock: Clock;
}

/** Between readiness checks of a starting container. Commands cost more than a connection. */
const eagerMs = 100;
const eagerExecMs = 500;

/** A container's life, whatever runs it: image, start, probes, restarts with back-off, stop. */
export class Container {
  readonly #options: ContainerOptions;
  readonly #abort = new AbortController();
  readonly #logs: { current: ContainerLog; previous: ContainerLog | undefined };
  #run: Run | undefined;
  /** Of the present run. */
  #ending: Promise<void> | undefined;
  #state: ContainerState;
  #previous: ContainerState | undefined;
  #imageId: string | undefined;
  #ready = false;
  /** Whether the present run is ended because it hangs. */
  #hangs = false;
  #restartCount: number;
  #graceMs: number;
  #launch = (): void => undefined;
  /** Resolves once it runs, and is ready if it has a probe for that; or when it ends for good. */
  readonly launched: Promise<void> = new Promise((resolve) => {
    this.#launch = resolve;
  });

  constructor(options: ContainerOptions) {
    const { before, clock, waitsFor } = options;
    this.#options = options;
    this.#graceMs = options.graceMs;
    this.#logs = { current: new ContainerLog(clock), previous: before ? before.#logs.current : undefined };
    this.#state = { state: 'Waiting', reason: waitsFor, message: '' };
    const ended = before?.status.current;
    this.#previous = ended?.state === 'Terminated' ? ended : before?.status.previous;
    this.#restartCount = before ? before.status.restartCount + (ended?.state === 'Terminated' ? 1 : 0) : 0;
  }

  get status(): ContainerStatus {
    const { spec, sandbox } = this.#options;
    return {
      name: spec.name,
      ready: this.#ready,
      restartCount: this.#restartCount,
      current: this.#state,
      ...(this.#previous ? { previous: this.#previous } : {}),
      ...(this.#imageId === undefined ? {} : { imageId: this.#imageId }),
      ports: spec.ports.map(({ port }, index) => (index === 0 ? sandbox.portOf(port) : port)),
    };
  }

  /** Each run keeps one log; that of the last goes on being shown until the next one starts. */
  log(run: 'current' | 'previous'): readonly LogLine[] {
    return (run === 'current' ? this.#logs.current : this.#logs.previous)?.lines ?? [];
  }

  get spec(): ContainerSpec {
    return this.#options.spec;
  }

  /** Runs until the container ends for good or is stopped; returns how. Never rejects. */
  async run(): Promise<ContainerState> {
    const backoff = new RestartBackoff();
    const { clock, restartPolicy } = this.#options;
    const { signal } = this.#abort;
    let started = this.#restartCount > 0;
    while (!signal.aborted && (await this.#pull())) {
      if (started) this.#logs.previous = this.#logs.current;
      started = true;
      const startedAtMs = clock.now();
      const exit = await this.#runOnce();
      this.#end(exit, startedAtMs);
      // What hung has failed, however it ended when it was told to.
      const isDone = exit.exitCode === 0 && !this.#hangs;
      if (signal.aborted || restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && isDone)) break;
      if (!(await this.#waitForRestart(backoff.next(clock.now() - startedAtMs)))) break;
      this.#restartCount += 1;
    }
    this.#launch();
    return this.#state;
  }

  /** SIGTERM, grace, SIGKILL; resolves when nothing of the container is left running. By `force` there is no grace any more. */
  async stop({ force = false }: StopOptions = {}): Promise<void> {
    this.#abort.abort();
    if (force) {
      this.#graceMs = 0;
      if (this.#ending) await this.#run?.stop(0);
    }
    await this.kill();
  }

  /** Ends the present run; the restart policy decides what follows. */
  async kill(): Promise<void> {
    this.#ready = false;
    const run = this.#run;
    if (!run) return;
    const { spec, clock } = this.#options;
    const graceMs = this.#graceMs;
    const onFailure = (message: string): void => this.#warn('FailedPreStopHook', `PreStopHook failed: ${message}`);
    const target = this.#probeTarget();
    await (this.#ending ??= endRun({ run, hook: spec.preStop, target, graceMs, onFailure, clock }));
  }

  exec(command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const { sandbox, spec } = this.#options;
    return sandbox.exec(spec, command, { signal });
  }

  /** The container runs. Rejects with `ExecError`. */
  open(request: SessionRequest): Promise<Session> {
    const { sandbox, spec } = this.#options;
    if (request.command) return sandbox.open(spec, request.command, request);
    if (!this.#run) throw new ExecError(`the container ${spec.name} is not running`);
    return this.#run.attach(request);
  }

  /** False if the container was stopped meanwhile. */
  async #pull(): Promise<boolean> {
    const { spec, sandbox, host, clock, imageRetryMs } = this.#options;
    const { signal } = this.#abort;
    const wait = (reason: string, message: string): void => this.#become({ state: 'Waiting', reason, message });
    const pulled = await pullImage({ spec, sandbox, host, clock, imageRetryMs, wait }, signal);
    if (pulled) this.#imageId = pulled.imageId;
    return pulled !== undefined;
  }

  async #runOnce(): Promise<Exit> {
    const { spec, clock, host, sandbox } = this.#options;
    const { signal } = this.#abort;
    const log = new ContainerLog(clock);
    this.#logs.current = log;
    this.#ending = undefined;
    this.#hangs = false;
    try {
      this.#run = await sandbox.start(spec, log, { signal });
    } catch (error) {
      return signal.aborted ? { exitCode: 143, signal: 15 } : { exitCode: 128, startError: messageOf(error) };
    }
    // Told to stop while it was being started.
    if (signal.aborted) return this.#run.stop(this.#graceMs);
    const startedAtMs = clock.now();
    if (spec.postStart && !(await this.#afterStart(spec.postStart, this.#run))) return this.#run.exited;
    this.#become({ state: 'Running', startedAtMs });
    host.event({ type: 'Normal', reason: 'Started', message: `Started container ${spec.name}` });
    return this.#probeWhile(this.#run);
  }

  /** Until it is done the container does not run. False if it ended meanwhile, or must because of it. */
  async #afterStart(hook: HookSpec, run: Run): Promise<boolean> {
    using link = linkSignals(this.#abort.signal);
    const ended = run.exited.then(() => 'ended' as const);
    const done = await Promise.race([runHook(hook, this.#probeTarget(), link.signal), ended]);
    link.abort();
    if (done === undefined) return true;
    if (done !== 'ended' && !this.#abort.signal.aborted) {
      this.#warn('FailedPostStartHook', `PostStartHook failed: ${done}`);
      await this.kill();
    }
    return false;
  }

  async #probeWhile(run: Run): Promise<Exit> {
    const { spec } = this.#options;
    const link = linkSignals(this.#abort.signal);
    if (!spec.readinessProbe) this.#setReady(true);
    const probers = [
      this.#runReadiness(spec.readinessProbe, link.signal),
      this.#runLiveness(spec.livenessProbe, link.signal),
    ];
    try {
      return await run.exited;
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
    const then = this.#options.restartPolicy === 'Never' ? '' : ', will be restarted';
    await runProber(
      {
        spec,
        check: (each) => check(spec.action, this.#probeTarget(), each),
        onVerdict: (healthy) => {
          if (healthy) return;
          this.#hangs = true;
          const message = `Container ${name} failed liveness probe${then}`;
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
    const { sandbox } = this.#options;
    return {
      host: sandbox.ip,
      portOf: (declared) => sandbox.portOf(declared),
      exec: (command, signal) => this.exec(command, signal),
    };
  }

  #unhealthy(message: string): void {
    this.#warn('Unhealthy', message);
  }

  #warn(reason: string, message: string): void {
    this.#options.host.event({ type: 'Warning', reason, message });
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready || (ready && this.#abort.signal.aborted)) return;
    this.#ready = ready;
    if (ready) this.#launch();
    this.#options.host.changed();
  }

  #end(exit: Exit, startedAtMs: number): void {
    const { spec, clock, host } = this.#options;
    this.#run = undefined;
    this.#ready = false;
    if (exit.outOfMemory) {
      host.event({ type: 'Warning', reason: 'OOMKilled', message: `Container ${spec.name} was out of memory` });
    }
    const times = { startedAtMs, finishedAtMs: clock.now() };
    this.#become(terminatedState(exit, spec, { ...times, log: this.#logs.current }));
  }

  /** False if the container was stopped meanwhile. */
  async #waitForRestart(backoffMs: number): Promise<boolean> {
    const { clock, host, spec, groupName } = this.#options;
    this.#previous = this.#state;
    if (backoffMs > 0) {
      const message = `back-off ${backoffMs / 1000}s restarting failed container=${spec.name} pod=${groupName}`;
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
