import { describe } from 'vitest';
import { type Key, bool, checkKeys, duration } from './config-keys.ts';

const number = 'must be a number';
const int32 = 'must be a 32-bit integer';

const keys: readonly Key[] = [
  {
    keys: 'container-concurrency-target-percentage',
    field: 'containerConcurrencyTargetFraction',
    byDefault: 0.7,
    good: [
      ['70', 0.7],
      ['0.5', 0.5],
      ['1', 1],
      ['100', 1],
    ],
    bad: [
      ['0', 'must be within (0, 100]'],
      ['-5', 'must be within (0, 100]'],
      ['101', 'must be within (0, 100]'],
      ['x', number],
    ],
  },
  {
    keys: 'container-concurrency-target-default',
    field: 'containerConcurrencyTargetDefault',
    byDefault: 100,
    good: [['0.1', 0.1]],
    bad: [
      ['0.001', 'must be at least 0.01 when multiplied by the target fraction 0.7'],
      ['x', number],
    ],
  },
  {
    keys: 'requests-per-second-target-default',
    field: 'rpsTargetDefault',
    byDefault: 200,
    good: [['0.01', 0.01]],
    bad: [
      ['0.009', 'must be at least 0.01'],
      ['x', number],
    ],
  },
  {
    keys: 'target-burst-capacity',
    field: 'targetBurstCapacity',
    byDefault: 211,
    good: [
      ['0', 0],
      ['-1', -1],
    ],
    bad: [
      ['-2', 'must be at least 0, or -1 for unlimited'],
      ['x', number],
    ],
  },
  {
    keys: 'stable-window',
    field: 'stableWindowMs',
    byDefault: 60_000,
    good: [
      ['6s', 6000],
      ['1h', 3_600_000],
    ],
    bad: [
      ['5s', 'must be within [6s, 1h] in whole seconds'],
      ['61m', 'must be within [6s, 1h] in whole seconds'],
      ['6500ms', 'must be within [6s, 1h] in whole seconds'],
      ['60', duration.replace('30s', '60s')],
    ],
  },
  {
    keys: 'panic-window-percentage',
    field: 'panicWindowPercentage',
    byDefault: 10,
    good: [
      ['1', 1],
      ['100', 100],
    ],
    bad: [
      ['0.5', 'must be within [1, 100]'],
      ['101', 'must be within [1, 100]'],
    ],
  },
  { keys: 'panic-threshold-percentage', field: 'panicThresholdPercentage', byDefault: 200, good: [['110', 110]] },
  ...(
    [
      ['max-scale-up-rate', 'maxScaleUpRate', 1000],
      ['max-scale-down-rate', 'maxScaleDownRate', 2],
    ] as const
  ).map(([name, field, byDefault]) => ({
    keys: name,
    field,
    byDefault,
    good: [['1.1', 1.1]] as const,
    bad: [
      ['1', 'must be greater than 1'],
      ['x', number],
    ] as const,
  })),
  bool('enable-scale-to-zero', 'enableScaleToZero', true),
  {
    keys: 'scale-to-zero-grace-period',
    field: 'scaleToZeroGracePeriodMs',
    byDefault: 30_000,
    good: [['1ms', 1]],
    bad: [['0s', 'must be greater than 0s']],
  },
  {
    keys: 'scale-to-zero-pod-retention-period',
    field: 'scaleToZeroPodRetentionPeriodMs',
    byDefault: 0,
    good: [['1m', 60_000]],
    bad: [['-1s', 'must be at least 0s']],
  },
  {
    keys: 'scale-down-delay',
    field: 'scaleDownDelayMs',
    byDefault: 0,
    good: [['15m', 900_000]],
    bad: [
      ['-1s', 'must be at least 0s in whole seconds'],
      ['1500ms', 'must be at least 0s in whole seconds'],
    ],
  },
  {
    keys: 'pod-autoscaler-class',
    field: 'podAutoscalerClass',
    byDefault: 'kpa.autoscaling.knative.dev',
    good: [['hpa.autoscaling.knative.dev', 'hpa.autoscaling.knative.dev']],
  },
  {
    keys: 'activator-capacity',
    field: 'activatorCapacity',
    byDefault: 100,
    good: [['1', 1]],
    bad: [['0.9', 'must be at least 1']],
  },
  {
    keys: 'initial-scale',
    field: 'initialScale',
    byDefault: 1,
    good: [['3', 3]],
    bad: [
      ['0', 'must be at least 1'],
      ['x', int32],
    ],
  },
  {
    keys: 'initial-scale',
    field: 'initialScale',
    byDefault: 1,
    good: [['0', 0]],
    and: { 'allow-zero-initial-scale': 'true' },
  },
  bool('allow-zero-initial-scale', 'allowZeroInitialScale', false),
  {
    keys: 'min-scale',
    field: 'minScale',
    byDefault: 0,
    good: [['5', 5]],
    bad: [
      ['-1', 'must be at least 0'],
      ['x', int32],
    ],
  },
  {
    keys: 'min-scale',
    field: 'minScale',
    byDefault: 0,
    good: [['3', 3]],
    bad: [['4', 'must be at most max-scale, which is 3']],
    and: { 'max-scale': '3' },
  },
  { keys: 'max-scale', field: 'maxScale', byDefault: 0, good: [['5', 5]], bad: [['-1', 'must be at least 0']] },
  {
    keys: 'max-scale',
    field: 'maxScale',
    byDefault: 0,
    good: [['5', 5]],
    bad: [
      ['6', 'must be within [1, 5], where max-scale-limit is 5'],
      ['0', 'must be within [1, 5], where max-scale-limit is 5'],
    ],
    and: { 'max-scale-limit': '5' },
  },
  {
    keys: 'max-scale-limit',
    field: 'maxScaleLimit',
    byDefault: 0,
    good: [['5', 5]],
    bad: [['-1', 'must be at least 0']],
    and: { 'max-scale': '1' },
  },
];

describe('12 config-autoscaler', () => {
  checkKeys('config-autoscaler', keys);
});
