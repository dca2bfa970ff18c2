import { type PodAutoscaler, type Reachability, parseAutoscalerConfig } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { Decider, type DeciderSpec, activatorCount, isPanicking, resolveSpec } from '../src/pure.ts';
import { listVectors, readVector } from './vectors.ts';

interface Input {
  readonly configAutoscaler: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly containerConcurrency: number;
  readonly reachability: Reachability;
}

interface Trace {
  readonly epoch: number;
  readonly input: Input;
  readonly resolved: Record<string, unknown>;
  readonly createdAtMs: number;
  readonly initialReady: number;
  readonly updates: readonly {
    readonly atMs: number;
    readonly input: Input;
    readonly resolved: Record<string, unknown>;
  }[];
  readonly stats: readonly (readonly [
    atMs: number,
    statMs: number,
    concurrency: number,
    proxied: number,
    count: number,
    proxiedCount: number,
  ])[];
  readonly ticks: readonly Tick[];
}

type Tick = readonly [
  atMs: number,
  ready: number,
  podErr: 0 | 1 | 2,
  valid: 0 | 1,
  desired: number,
  ebc: number,
  activators: number,
  panicAgeMs: number | null,
  maxPanicPods: number,
  stableAvg: number | null,
  panicAvg: number | null,
];

function specOf({ configAutoscaler, annotations, containerConcurrency, reachability }: Input): DeciderSpec {
  const podAutoscaler: PodAutoscaler = {
    metadata: { annotations },
    spec: { scaleTargetRef: {}, containerConcurrency, reachability },
  };
  return resolveSpec(podAutoscaler, parseAutoscalerConfig(configAutoscaler));
}

/** A spec under the names the traces give its fields. */
function asRecorded(spec: DeciderSpec): Record<string, unknown> {
  const { stableWindowSeconds, panicWindowSeconds, scaleDownDelaySeconds, ...rest } = spec;
  return {
    ...rest,
    stableWindowS: stableWindowSeconds,
    panicWindowS: panicWindowSeconds,
    scaleDownDelayS: scaleDownDelaySeconds,
  };
}

/** Runs a trace; gives its ticks as this code computes them. */
function replay({ epoch, input, createdAtMs, initialReady, updates, stats, ticks }: Trace): Tick[] {
  const at = (ms: number): number => epoch * 1000 + ms;
  const decider = new Decider(specOf(input), initialReady, at(createdAtMs));
  const steps = [
    ...updates.map((update) => ({
      atMs: update.atMs,
      run: () => decider.update(specOf(update.input), at(update.atMs)),
    })),
    ...stats.map(([atMs, statMs, concurrency, proxied, count, proxiedCount]) => ({
      atMs,
      run: () => decider.record(at(statMs), concurrency - proxied, count - proxiedCount),
    })),
    ...ticks.map((tick) => ({ atMs: tick[0], run: () => runTick(decider, tick, at) })),
  ];
  return steps.toSorted((a, b) => a.atMs - b.atMs).flatMap(({ run }) => run() ?? []);
}

function runTick(decider: Decider, [atMs, ready, podErr]: Tick, at: (ms: number) => number): [Tick] {
  const { metrics, state, spec } = decider;
  const second = Math.floor(at(atMs) / 1000);
  const pair = metrics[spec.metric];
  const isEmpty = pair.stable.isEmpty(second);
  const average = (of: typeof pair.stable): number | null => {
    if (isEmpty) return spec.scraped ? null : 0;
    return of.average(second);
  };
  const valid = podErr !== 1 && decider.tick(ready, at(atMs));
  return [
    [
      atMs,
      ready,
      podErr,
      valid ? 1 : 0,
      valid ? state.desired : 0,
      valid ? state.excessBurstCapacity : 0,
      activatorCount(spec, ready),
      isPanicking(state) ? at(atMs) - state.panicSinceMs : null,
      state.maxPanicPods,
      average(pair.stable),
      average(pair.panic),
    ],
  ];
}

const traces = listVectors<Trace>('traces').map(({ name, read }) => [name, read()] as const);
const isLinear = ([, { resolved }]: (typeof traces)[number]): boolean => resolved['aggregation'] === 'linear';

describe('decisions, against recorded ones', () => {
  it.each(traces)('resolves the settings of %s', (_name, { input, resolved, updates }) => {
    const inputs = [{ input, resolved }, ...updates];
    expect(inputs.map((each) => asRecorded(specOf(each.input)))).toEqual(inputs.map((each) => each.resolved));
  });

  it.each(traces.filter(isLinear))('decides %s alike to the last bit', (_name, trace) => {
    expect(replay(trace)).toEqual(trace.ticks);
  });

  it.each(traces.filter((trace) => !isLinear(trace)))('decides %s alike, averages rounded', (_name, trace) => {
    expect(replay(trace).map(rounded)).toEqual(trace.ticks.map(rounded));
  });
});

/** A tick with its averages to ten digits: weighted ones are made with powers, which are not exact everywhere. */
function rounded(tick: Tick): unknown[] {
  return [...tick.slice(0, 9), ...tick.slice(9).map((average) => average?.toPrecision(10))];
}

describe('settings, against resolved ones', () => {
  const { cases } = readVector<{ cases: { input: Input; resolved: Record<string, unknown> }[] }>(
    'units',
    'resolve.json',
  );

  it.each(cases.map((each) => [JSON.stringify(each.input), each] as const))('%s', (_text, { input, resolved }) => {
    expect(asRecorded(specOf(input))).toEqual(resolved);
  });
});
