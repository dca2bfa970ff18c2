import { type PodAutoscaler, type Reachability, parseAutoscalerConfig, parseGoDuration } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import {
  type DeciderSpec,
  type LifecycleSpec,
  type LifecycleState,
  type NetworkFacts,
  activatorCount,
  newLifecycle,
  resolveLifecycle,
  resolveSpec,
  stepLifecycle,
} from '../src/pure.ts';
import { listVectors } from './vectors.ts';

interface Input {
  readonly atMs: number;
  readonly annotations: Record<string, string>;
  readonly configAutoscaler: Record<string, string>;
  readonly configDeployment: Record<string, string>;
  readonly containerConcurrency: number;
  readonly reachability: Reachability;
}

interface Trace {
  readonly inputs: readonly Input[];
  readonly columns: readonly string[];
  readonly steps: readonly (readonly unknown[])[];
}

interface Given {
  readonly atMs: number;
  readonly desired: number | null;
  readonly ebc: number | null;
  readonly ready: number;
  readonly sks: 0 | 1 | 2;
  readonly sksReady: 0 | 1;
  readonly sksMode: NetworkFacts['mode'] | '';
  readonly proxyForMs: number;
  readonly probeOk: 0 | 1;
  readonly replicasBefore: number;
}

/** Ages that begin or end in the step that creates the decider are off by the 7 ms it took to record it. */
const artefactMs = 7;
const about = (ms: unknown): unknown => expect.closeTo(Number(ms), -Math.log10(2 * artefactMs) - 0.01);

const columns = (trace: Trace, step: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(trace.columns.map((name, index) => [name, step[index]]));

function specsAt(inputs: readonly Input[], atMs: number): { decider: DeciderSpec; lifecycle: LifecycleSpec } {
  const input = inputs.findLast((each) => each.atMs <= atMs)!;
  const { annotations, containerConcurrency, reachability } = input;
  const podAutoscaler: PodAutoscaler = {
    metadata: { annotations },
    spec: { scaleTargetRef: {}, containerConcurrency, reachability },
  };
  const config = parseAutoscalerConfig(input.configAutoscaler);
  const progressDeadlineMs = parseGoDuration(input.configDeployment['progress-deadline'] ?? '600s')!;
  return {
    decider: resolveSpec(podAutoscaler, config),
    lifecycle: resolveLifecycle(podAutoscaler, config, progressDeadlineMs),
  };
}

/** Ready is the conjunction of the three conditions; that of the network and of the scale target are never False. */
function readyOf({ active, initialized }: LifecycleState, networkReady: boolean): string {
  if (active.status === 'False') return 'False';
  return active.status === 'True' && initialized && networkReady ? 'True' : 'Unknown';
}

/** Computes the output columns of a trace, carrying the state from step to step. */
function replay(trace: Trace): Record<string, unknown>[] {
  let state = newLifecycle(0);
  return trace.steps.map((step) => {
    const given = columns(trace, step) as unknown as Given;
    const { decider, lifecycle } = specsAt(trace.inputs, given.atMs);
    const usable = given.sks === 2;
    const network: NetworkFacts = {
      usable,
      mode: given.sksMode === '' ? 'Proxy' : given.sksMode,
      proxiedForMs: given.proxyForMs,
      activatorAnswers: given.probeOk === 1,
    };
    const { desired, ebc, ready, atMs } = given;
    const observed = { desired: desired ?? -1, excessBurstCapacity: ebc ?? 0, ready, network };
    const outcome = stepLifecycle(lifecycle, observed, state, atMs);
    state = outcome.state;
    return {
      want: outcome.want,
      modeAfter: outcome.mode,
      activators: usable ? activatorCount(decider, ready) : 2,
      replicasAfter: outcome.write ?? given.replicasBefore,
      active: state.active.status,
      reason: state.active.reason,
      activeForMs: atMs - state.active.sinceMs,
      initialized: state.initialized ? 1 : 0,
      paReady: readyOf(state, usable && given.sksReady === 1),
      statusDesired: state.desiredScale,
      statusActual: usable ? ready : 0,
      enqueueAfterMs: outcome.lookAgainMs === undefined ? [] : [outcome.lookAgainMs],
      probed: outcome.probed ? 1 : 0,
      asyncProbe: outcome.keepProbing ? 1 : 0,
    };
  });
}

describe('the life of a PodAutoscaler, against recorded ones', () => {
  const traces = listVectors<Trace>('lifecycle').map(({ name, read }) => [name, read()] as const);

  it.each(traces)('%s', (_name, trace) => {
    const wanted = trace.steps.map((step) => {
      const row = columns(trace, step);
      const enqueueAfterMs = (row['enqueueAfterMs'] as number[]).map(about);
      return expect.objectContaining({ ...outputsOf(row), activeForMs: about(row['activeForMs']), enqueueAfterMs });
    });
    expect(replay(trace)).toEqual(wanted);
  });
});

const given = [
  'atMs',
  'desired',
  'ebc',
  'ready',
  'sks',
  'sksReady',
  'sksMode',
  'proxyForMs',
  'probeOk',
  'replicasBefore',
];

function outputsOf(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !given.includes(name)));
}
