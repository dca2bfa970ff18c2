import { defaultAutoscalerConfig } from '@ebb/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decider, type DeciderSpec, resolveSpec } from '../src/pure.ts';
import { Story, podAutoscalerOf } from './scaler-world.ts';

const anyNumber = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -1e300, 1e300, 1e18, 0, 2 ** 53),
  fc.double(),
  fc.double({ min: 0, max: 500, noNaN: true }),
);
const t0 = 1_700_000_000_000;
const anyTime = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e17),
  fc.integer({ min: t0 - 7_200_000, max: t0 + 7_200_000 }),
  fc.integer({ min: t0 - 10_000, max: t0 + 10_000 }),
);

function specOf(annotations: Record<string, string>): DeciderSpec {
  return resolveSpec(podAutoscalerOf({ annotations }), defaultAutoscalerConfig);
}

const isScale = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 31;

describe('whatever comes in', () => {
  const annotations = fc.constantFrom<Record<string, string>>(
    {},
    { metric: 'rps' },
    { target: 'NaN' },
    { target: 'Inf' },
    { target: '0.01', 'scale-down-delay': '30s' },
    { 'metric-aggregation-algorithm': 'weighted-exponential', 'target-burst-capacity': '-1' },
  );
  const event = fc.tuple(fc.constantFrom('record', 'tick'), anyTime, anyNumber, anyNumber);

  it('a decision is a scale, and the load that follows is judged as ever', () => {
    fc.assert(
      fc.property(annotations, fc.array(event, { maxLength: 60 }), (given, events) => {
        const decider = new Decider(specOf(given), 1, t0);
        for (const [kind, at, a, b] of events) {
          if (kind === 'record') decider.record(at, a, b);
          else decider.tick(Math.max(0, Math.trunc(b) % 100 || 0), Math.abs(at) || t0);
          expect(decider.state.desired).toSatisfy((desired: number) => desired === -1 || isScale(desired));
        }
        expect(decider.metrics.concurrency.stable.average(1_700_000_000)).not.toBeNaN();
      }),
    );
  });

  it('reports of any numbers and stamps leave the scaler sound', () => {
    const report = fc.record({ averageConcurrency: anyNumber, requestCount: anyNumber, waiting: anyNumber });
    fc.assert(
      fc.property(fc.array(fc.tuple(report, anyTime), { maxLength: 40 }), (reports) => {
        const story = new Story({ annotations: { 'max-scale': '50' } });
        for (const [stat, at] of reports) {
          story.report(stat, Math.min(at, story.clock.now()));
          story.scaler.tick(story.clock.now());
        }
        expect(story.target).toSatisfy((target: number) => isScale(target) && target <= 50);
      }),
    );
  });

  it('annotations of any text are survived', () => {
    const name = fc.constantFrom(
      'class',
      'metric',
      'target',
      'min-scale',
      'max-scale',
      'initial-scale',
      'activation-scale',
      'window',
      'scale-down-delay',
      'panic-window-percentage',
      'panic-threshold-percentage',
      'target-burst-capacity',
    );
    const text = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.constantFrom('NaN', '-1', '0', '9999999999', '6s', '1h', '-6s', '99h'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, text), (given) => {
        const story = new Story({ annotations: given, config: { 'max-scale': '1000' } });
        story.report({ averageConcurrency: 5, requestCount: 5 });
        story.scaler.tick(story.clock.now());
        expect(story.target).toSatisfy(isScale);
      }),
      { numRuns: 300 },
    );
  });
});
