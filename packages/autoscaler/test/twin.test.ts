import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Distribution,
  type SimulationResult,
  generateTrace,
  parseDistribution,
  seededRandom,
  simulate,
} from '@ebb/autoscaler/twin';
import { podAutoscalerOf } from './scaler-world.ts';

interface Run {
  readonly generate: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containerConcurrency?: number;
  readonly service?: string;
  readonly startUp?: string;
  readonly timeoutMs?: number;
  readonly failsAfter?: string | undefined;
  readonly reclaimedAfter?: string | undefined;
  readonly workers?: number | undefined;
  readonly coresPerRequest?: number;
  readonly cpuRequest?: number;
  readonly skipMs?: number;
  readonly seed?: number;
}

function run({ generate, annotations = {}, containerConcurrency = 0, seed = 1, ...more }: Run): SimulationResult {
  const { service = '200ms', startUp = '3s', timeoutMs = 300_000, skipMs, ...rest } = more;
  const { failsAfter, reclaimedAfter, ...instances } = rest;
  const after = (text: string | undefined): Distribution | undefined =>
    text === undefined ? undefined : parseDistribution(text, 'after');
  return simulate({
    podAutoscaler: podAutoscalerOf({ annotations, containerConcurrency }),
    trace: generateTrace(generate, seededRandom(seed, 'trace'), Date.parse('2026-01-05T00:00:00Z')),
    model: {
      serviceMs: parseDistribution(service, 'service'),
      startUpMs: parseDistribution(startUp, 'start-up'),
      timeoutMs,
      failsAfterMs: after(failsAfter),
      reclaimedAfterMs: after(reclaimedAfter),
      ...instances,
    },
    seed,
    skipMs,
  });
}

const sum = (numbers: Readonly<Record<string, number>>): number => Object.values(numbers).reduce((a, b) => a + b, 0);

describe('the twin', () => {
  it('loses no request, bills each pod for its time, and does the same again for the same seed', () => {
    const scenario = fc.record({
      generate: fc.constantFrom(
        'steady:rate=3,for=4m',
        'spike:rate=1,to=60,at=1m,lasts=20s,for=5m',
        'heavy-tailed:rate=0.1,shape=1.2,for=20m',
        'ramp:from=0,to=20,for=3m',
      ),
      annotations: fc.constantFrom(
        { window: '6s' },
        { window: '20s', 'ebb.dev/panic-while-rising': 'true', 'ebb.dev/count-starting-pods': 'true' },
        { window: '6s', class: 'mpa.autoscaling.knative.dev' },
        { window: '6s', 'ebb.dev/on-demand-replicas': '2' },
        { window: '6s', 'knative.aliyun.com/reserve-instance': 'enable', 'max-scale': '2' },
      ),
      containerConcurrency: fc.constantFrom(0, 1, 5),
      service: fc.constantFrom('20ms', 'exponential:2s', 'lognormal:1s,30s'),
      startUp: fc.constantFrom('0s', 'uniform:3s,9s', '60s'),
      timeoutMs: fc.constantFrom(5000, 300_000),
      failsAfter: fc.constantFrom(undefined, 'exponential:20s'),
      reclaimedAfter: fc.constantFrom(undefined, '30s'),
      skipMs: fc.constantFrom(0, 60_000),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(scenario, (options) => {
        const result = run(options);
        expect(result.served + result.timedOut + result.refused + result.failed).toBe(result.requests);
        const window = (result.bins.length * ((result.bins[1]?.atMs ?? 0) - (result.bins[0]?.atMs ?? 0))) / 1000;
        expect(sum(result.instanceSeconds)).toBeCloseTo(result.meanPods * window, 3);
        expect(run(options)).toEqual(result);
      }),
      { numRuns: 12, seed: 4 },
    );
  });

  it('gives each of many requests a pod of its own, where asked to be precise', () => {
    const annotations = { class: 'mpa.autoscaling.knative.dev' };
    const burst = 'spike:rate=0,to=1000,at=10s,lasts=100ms,for=2m';
    const { peakPods, requests, wait } = run({ generate: burst, annotations, containerConcurrency: 1, service: '20s' });
    expect(peakPods).toBe(requests);
    // All pods are asked for at once, as far as the provider lets: 100, then 15 a second.
    expect(wait.max).toBeLessThan(3000 + ((requests - 100) / 15) * 1000 + 1000);
  });

  it('goes by the processor where asked to', () => {
    // Ten requests at a time keep one core busy; 0.4 are aimed at per pod.
    const annotations = { class: 'hpa.autoscaling.knative.dev', target: '80' };
    const cpu = { coresPerRequest: 0.1, cpuRequest: 0.5 };
    const { bins, peakPods } = run({ generate: 'steady:rate=20,for=10m', annotations, service: '500ms', ...cpu });
    expect(bins.at(-1)?.pods).toBe(3);
    // What was ordered is not ordered again before it has been measured.
    expect(peakPods).toBeLessThan(5);
  });

  it('loses what a pod that fails works on, and makes another for it', () => {
    const steady = { generate: 'steady:rate=10,for=20m', service: '2s', annotations: { target: '5' } };
    const [sound, failing] = [run(steady), run({ ...steady, failsAfter: 'exponential:2m' })];
    expect([sound.failed, sound.podsLost]).toEqual([0, 0]);
    expect(failing.podsLost).toBeGreaterThan(20);
    expect(failing.failed).toBeGreaterThan(failing.podsLost);
    expect(failing.meanPods).toBeCloseTo(sound.meanPods, -1);
  });

  it('lets spot pods that are taken back end what they have begun', () => {
    const spot = { 'ebb.dev/on-demand-replicas': '1', target: '5' };
    const { served, requests, podsMade } = run({
      generate: 'steady:rate=10,for=20m',
      service: '20s',
      annotations: spot,
      reclaimedAfter: '4m',
    });
    expect(podsMade).toBeGreaterThan(100);
    expect(served).toBe(requests);
  });

  it('makes requests wait inside an instance that works on few at a time', () => {
    const [free, one] = [undefined, 1].map((workers) => run({ generate: 'steady:rate=4,for=5m', workers }));
    expect(free?.latency.p95).toBe(200);
    expect(one?.latency.p95).toBeGreaterThan(400);
  });

  it('foretells from the days it has lived through', () => {
    const days = 'diurnal:low=0,high=0,burst=30,at=9h,lasts=5m,for=34h';
    const [kpa, ahead] = [{}, { 'ebb.dev/predictive': 'auto' }].map((annotations) =>
      run({ generate: days, annotations, containerConcurrency: 1, skipMs: 86_400_000 }),
    );
    expect(ahead?.waited).toBeLessThan((kpa?.waited ?? 0) / 2);
  });
});
