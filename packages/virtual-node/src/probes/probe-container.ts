import { type Clock, type LinkedSignal, linkSignals } from '@ebb/base';
import { type ProbeSpec, check, runProber } from '@ebb/base/probe';
import type { ProbePlan } from '../pods/probe-plan.ts';

/** What the node's own probes say of a container. */
export interface Verdict {
  /** True once its startup probe has succeeded, or if it has none. */
  readonly started: boolean;
  /** True while its readiness probe succeeds, or if the node makes none. */
  readonly ready: boolean;
}

/** Something worth an event of the pod. */
export interface ProbeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'Unhealthy' | 'Killing';
  readonly message: string;
}

export interface ProbedContainer {
  readonly plan: ProbePlan;
  readonly containerName: string;
  /** The verdict to begin with. */
  readonly known: Verdict;
  readonly host: string;
  readonly portOf: (declared: number) => number;
  /** Whether ECI says that it is ready: how commands are checked, which only ECI can run. */
  readonly readyInGroup: () => boolean;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onEvent: (event: ProbeEvent) => void;
  /** Starts the container anew, in time; absent if nothing of its pod is. */
  readonly restart: (() => Promise<void>) | undefined;
  /** It failed, and is not started anew. */
  readonly onFailed: (message: string) => void;
  readonly clock: Clock;
}

/** How often a starting container is looked at, whatever its period. */
const eagerMs = 100;

/** Probes one run of a container until aborted: its start-up first, then readiness and liveness. Rejects if a restart fails. */
export async function probeContainer(container: ProbedContainer, signal: AbortSignal): Promise<void> {
  const { plan, known } = container;
  const { own } = plan;
  if (!known.started) {
    if (own.startup && !(await hasStarted(container, own.startup, signal))) return;
    if (signal.aborted) return;
    container.onVerdict({ started: true, ready: !own.readiness });
  }
  using alive = linkSignals(signal);
  await Promise.all([
    own.readiness && watchReadiness(container, own.readiness, alive.signal),
    own.liveness && watchLiveness(container, own.liveness, alive),
  ]);
}

/** False if it did not start in its time, and is restarted; or if aborted. */
async function hasStarted(container: ProbedContainer, spec: ProbeSpec, signal: AbortSignal): Promise<boolean> {
  const started = await firstVerdict(container, spec, { what: 'Startup', eagerMs }, signal);
  if (started === false) await restart(container, 'startup');
  return started ?? false;
}

async function watchReadiness(container: ProbedContainer, spec: ProbeSpec, signal: AbortSignal): Promise<void> {
  const onVerdict = (ready: boolean): void => container.onVerdict({ started: true, ready });
  await probe(container, { spec, what: 'Readiness', eagerMs, onVerdict }, signal);
}

/** Ends `alive`, and with it the other probes of this run, once it lives no more. */
async function watchLiveness(container: ProbedContainer, spec: ProbeSpec, alive: LinkedSignal): Promise<void> {
  let failed = false;
  const onVerdict = (healthy: boolean): void => {
    if (healthy) return;
    failed = true;
    alive.abort();
  };
  await probe(container, { spec, what: 'Liveness', onVerdict }, alive.signal);
  if (!failed) return;
  container.onVerdict({ started: false, ready: false });
  await restart(container, 'liveness');
}

/** The first verdict there is; undefined if aborted. */
async function firstVerdict(
  container: ProbedContainer,
  spec: ProbeSpec,
  options: { readonly what: string; readonly eagerMs: number },
  signal: AbortSignal,
): Promise<boolean | undefined> {
  using ended = linkSignals(signal);
  let verdict: boolean | undefined;
  const onVerdict = (healthy: boolean): void => {
    verdict ??= healthy;
    ended.abort();
  };
  await probe(container, { spec, ...options, onVerdict }, ended.signal);
  return verdict;
}

interface Probing {
  readonly spec: ProbeSpec;
  readonly what: string;
  readonly eagerMs?: number;
  readonly onVerdict: (healthy: boolean) => void;
}

async function probe(
  container: ProbedContainer,
  { spec, what, ...probing }: Probing,
  signal: AbortSignal,
): Promise<void> {
  const { host, portOf, clock, onEvent, readyInGroup } = container;
  const exec = (): Promise<{ exitCode: number; output: string }> =>
    Promise.resolve({ exitCode: readyInGroup() ? 0 : 1, output: 'the command has not succeeded' });
  await runProber(
    {
      ...probing,
      spec,
      check: (each) => check(spec.action, { host, portOf, exec }, each),
      onFailure: (message) =>
        onEvent({ type: 'Warning', reason: 'Unhealthy', message: `${what} probe failed: ${message}` }),
      clock,
    },
    signal,
  );
}

async function restart(
  { containerName, onEvent, onFailed, restart: start }: ProbedContainer,
  probeName: string,
): Promise<void> {
  const message = `Container ${containerName} failed ${probeName} probe`;
  onEvent({ type: 'Normal', reason: 'Killing', message: start ? `${message}, will be restarted` : message });
  if (start) await start();
  else onFailed(message);
}
