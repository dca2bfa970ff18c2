import { parseAutoscalerConfig } from '@ebb/api';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Decider, resolveSpec } from '../src/pure.ts';
import { PlainKpa, type PlainSpec } from './plain-kpa.ts';
import { podAutoscalerOf } from './scaler-world.ts';

/** What may change in the midst of a life. */
const settings = fc.record({
  rps: fc.boolean(),
  limit: fc.constantFrom(0, 1, 10, 100),
  target: fc.constantFrom(undefined, 0.01, 0.37, 7, 50, 1000),
  utilization: fc.constantFrom(undefined, 1, 33, 85, 100),
  window: fc.constantFrom(6, 7, 15, 45, 60, 119, 600),
  panicShare: fc.constantFrom(1, 10, 16.67, 50, 100),
  threshold: fc.constantFrom(110, 200, 1000),
  burst: fc.constantFrom(211, 0, -1, 10.5),
  activation: fc.constantFrom(0, 2, 20),
  reachable: fc.boolean(),
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

const whole = fc.record({
  upRate: fc.constantFrom(1000, 1.1, 2),
  downRate: fc.constantFrom(2, 1.1, 1000),
  delay: fc.constantFrom(0, 1, 3, 31),
  weighted: fc.boolean(),
});
type Whole = typeof whole extends fc.Arbitrary<infer T> ? T : never;

/** One moment: time passes, a load is told of (perhaps of another second), pods come or go, a decision is taken. */
const moment = fc.record({
  passesMs: fc.constantFrom(500, 1000, 1000, 1000, 2000, 20_000, 700_000),
  load: fc.option(fc.constantFrom(0, 1e-7, 0.4, 3, 70.1, 999, -2)),
  madeAgoMs: fc.constantFrom(0, 0, 0, 1000, 9000, -2000),
  ready: fc.option(fc.nat({ max: 40 })),
  ticks: fc.boolean(),
  change: fc.option(settings, { freq: 40 }),
});

function plain({ rps, limit, target, utilization, ...rest }: Settings, whole: Whole): PlainSpec {
  const byDefault = rps ? 200 : limit || 100;
  const asked = target ?? byDefault;
  const panicSeconds = Math.floor(Math.trunc((rest.window * 1e9 * rest.panicShare) / 100) / 1e9 + 0.5);
  return {
    ...rest,
    ...whole,
    metric: rps ? 'rps' : 'concurrency',
    panicWindow: Math.max(1, panicSeconds),
    total: rps || limit === 0 ? asked : Math.min(asked, limit),
    utilization: (utilization ?? 70) / 100,
    threshold: rest.threshold / 100,
  };
}

function annotated(given: Settings, { delay, weighted }: Whole): Parameters<typeof resolveSpec>[0] {
  const annotations = {
    metric: given.rps ? 'rps' : 'concurrency',
    window: `${given.window}s`,
    'panic-window-percentage': String(given.panicShare),
    'panic-threshold-percentage': String(given.threshold),
    'target-burst-capacity': String(given.burst),
    'scale-down-delay': `${delay}s`,
    ...(given.target === undefined ? {} : { target: String(given.target) }),
    ...(given.utilization === undefined ? {} : { 'target-utilization-percentage': String(given.utilization) }),
    ...(given.activation > 0 ? { 'activation-scale': String(given.activation) } : {}),
    ...(weighted ? { 'metric-aggregation-algorithm': 'weighted-exponential' } : {}),
  };
  const reachability = given.reachable ? 'Reachable' : 'Unreachable';
  return podAutoscalerOf({ annotations, containerConcurrency: given.limit, reachability });
}

it('decides as the plain telling of the reference does, whatever the life of a revision', () => {
  const life = fc.array(moment, { minLength: 30, maxLength: 120 });
  fc.assert(
    fc.property(settings, whole, fc.nat({ max: 9 }), life, (first, always, pods, moments) => {
      const { upRate, downRate } = always;
      const config = parseAutoscalerConfig({ 'max-scale-up-rate': `${upRate}`, 'max-scale-down-rate': `${downRate}` });
      let [now, ready] = [1_700_000_000_000, pods];
      const real = new Decider(resolveSpec(annotated(first, always), config), ready, now);
      const told = new PlainKpa(plain(first, always), ready, now);
      for (const { passesMs, load, madeAgoMs, change, ...next } of moments) {
        now += passesMs;
        ready = next.ready ?? ready;
        if (change) {
          real.update(resolveSpec(annotated(change, always), config), now);
          told.update(plain(change, always), now);
        }
        if (load !== null) {
          real.record(now - madeAgoMs, load, 3 * load);
          told.record(now - madeAgoMs, load, 3 * load);
        }
        if (!next.ticks) continue;
        expect(real.tick(ready, now)).toBe(told.tick(ready, now));
        const { desired, excessBurstCapacity, panicSinceMs, maxPanicPods } = real.state;
        const since = panicSinceMs === Number.NEGATIVE_INFINITY ? null : panicSinceMs;
        expect({ desired, excessBurstCapacity, panicSinceMs: since, maxPanicPods }).toEqual(told.state);
      }
    }),
    { numRuns: 150, seed: 4 },
  );
});
