import { parseGoDuration } from '../go-duration.ts';
import { parseGoBool, parseGoFloat, parseGoInt32 } from '../go-number.ts';
import { kpaClass } from './class-names.ts';

/** The ConfigMap `config-autoscaler`, complete (autoscaling.md, section 19). */
export interface AutoscalerConfig {
  readonly enableScaleToZero: boolean;
  readonly allowZeroInitialScale: boolean;
  /** Share of a pod's concurrency aimed at, 0 to 1. */
  readonly containerConcurrencyTargetFraction: number;
  readonly containerConcurrencyTargetDefault: number;
  readonly rpsTargetDefault: number;
  /** Share of a pod's requests a second aimed at; no key sets it. */
  readonly targetUtilization: number;
  /** −1: unlimited. */
  readonly targetBurstCapacity: number;
  readonly stableWindowMs: number;
  readonly panicWindowPercentage: number;
  readonly panicThresholdPercentage: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly scaleToZeroGracePeriodMs: number;
  readonly scaleToZeroPodRetentionPeriodMs: number;
  readonly scaleDownDelayMs: number;
  readonly initialScale: number;
  readonly minScale: number;
  /** 0: none. */
  readonly maxScale: number;
  /** 0: none. */
  readonly maxScaleLimit: number;
  readonly activatorCapacity: number;
  readonly podAutoscalerClass: string;
  /** Ebb's own keys; absent if none is set. */
  readonly ebb?: EbbScalingConfig;
}

/** What Ebb does better than the original where it is asked to: keys `ebb-…` of `config-autoscaler`. */
export interface EbbScalingConfig {
  /** `ebb-panic-while-rising`: panic does not end while the load still rises. */
  readonly panicWhileRising: boolean;
  /** `ebb-count-starting-pods`: rates and the panic threshold count pods that are starting. */
  readonly countStartingPods: boolean;
  /** `ebb-pod-creations-per-second`: over all revisions. `undefined`: the provider's limit. */
  readonly podCreationsPerSecond: number | undefined;
  /** `ebb-pod-creation-burst`: creations allowed at once after a pause. `undefined`: the provider's. */
  readonly podCreationBurst: number | undefined;
}

export const defaultEbbScalingConfig: EbbScalingConfig = {
  panicWhileRising: false,
  countStartingPods: false,
  podCreationsPerSecond: undefined,
  podCreationBurst: undefined,
};

export const defaultAutoscalerConfig: AutoscalerConfig = {
  enableScaleToZero: true,
  allowZeroInitialScale: false,
  containerConcurrencyTargetFraction: 0.7,
  containerConcurrencyTargetDefault: 100,
  rpsTargetDefault: 200,
  targetUtilization: 0.7,
  targetBurstCapacity: 211,
  stableWindowMs: 60_000,
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  maxScaleUpRate: 1000,
  maxScaleDownRate: 2,
  scaleToZeroGracePeriodMs: 30_000,
  scaleToZeroPodRetentionPeriodMs: 0,
  scaleDownDelayMs: 0,
  initialScale: 1,
  minScale: 0,
  maxScale: 0,
  maxScaleLimit: 0,
  activatorCapacity: 100,
  podAutoscalerClass: kpaClass,
};

type Data = Readonly<Record<string, string>>;

/**
 * Reads the data of `config-autoscaler`; keys left out keep their default, unknown ones are ignored. Throws an `Error` with key,
 * value and what it must be, at the first parse error or violated rule.
 */
export function parseAutoscalerConfig(data: Data = {}): AutoscalerConfig {
  const config = readConfig(data);
  for (const { key, holds, must } of rules) {
    if (!holds(config)) throw new Error(`${key} = ${data[key] ?? 'its default'}, ${must(config)}`);
  }
  return config;
}

function readConfig(data: Data): AutoscalerConfig {
  const reader =
    <T>(parse: (text: string) => T | undefined, what: string) =>
    (key: string, byDefault: T): T => {
      const text = data[key];
      if (text === undefined) return byDefault;
      const value = parse(text);
      if (value === undefined) throw new Error(`${key} = ${text}, must be ${what}`);
      return value;
    };
  const bool = reader(parseGoBool, 'true or false');
  const float = reader(parseGoFloat, 'a number');
  const int = reader(parseGoInt32, 'a 32-bit integer');
  const duration = reader(parseGoDuration, 'a duration such as 60s');
  const d = defaultAutoscalerConfig;
  return {
    enableScaleToZero: bool('enable-scale-to-zero', d.enableScaleToZero),
    allowZeroInitialScale: bool('allow-zero-initial-scale', d.allowZeroInitialScale),
    containerConcurrencyTargetFraction: asFraction(
      float('container-concurrency-target-percentage', d.containerConcurrencyTargetFraction),
    ),
    containerConcurrencyTargetDefault: float(
      'container-concurrency-target-default',
      d.containerConcurrencyTargetDefault,
    ),
    rpsTargetDefault: float('requests-per-second-target-default', d.rpsTargetDefault),
    targetUtilization: d.targetUtilization,
    targetBurstCapacity: float('target-burst-capacity', d.targetBurstCapacity),
    stableWindowMs: duration('stable-window', d.stableWindowMs),
    panicWindowPercentage: float('panic-window-percentage', d.panicWindowPercentage),
    panicThresholdPercentage: float('panic-threshold-percentage', d.panicThresholdPercentage),
    maxScaleUpRate: float('max-scale-up-rate', d.maxScaleUpRate),
    maxScaleDownRate: float('max-scale-down-rate', d.maxScaleDownRate),
    scaleToZeroGracePeriodMs: duration('scale-to-zero-grace-period', d.scaleToZeroGracePeriodMs),
    scaleToZeroPodRetentionPeriodMs: duration('scale-to-zero-pod-retention-period', d.scaleToZeroPodRetentionPeriodMs),
    scaleDownDelayMs: duration('scale-down-delay', d.scaleDownDelayMs),
    initialScale: int('initial-scale', d.initialScale),
    minScale: int('min-scale', d.minScale),
    maxScale: int('max-scale', d.maxScale),
    maxScaleLimit: int('max-scale-limit', d.maxScaleLimit),
    activatorCapacity: float('activator-capacity', d.activatorCapacity),
    podAutoscalerClass: (data['pod-autoscaler-class'] ?? d.podAutoscalerClass).trim(),
    ...(Object.keys(data).some((key) => key.startsWith('ebb-')) ? { ebb: readEbbConfig() } : {}),
  };

  function readEbbConfig(): EbbScalingConfig {
    const own = defaultEbbScalingConfig;
    const optional = (read: (key: string, byDefault: number) => number, key: string): number | undefined =>
      data[key] === undefined ? undefined : read(key, 0);
    return {
      panicWhileRising: bool('ebb-panic-while-rising', own.panicWhileRising),
      countStartingPods: bool('ebb-count-starting-pods', own.countStartingPods),
      podCreationsPerSecond: optional(float, 'ebb-pod-creations-per-second'),
      podCreationBurst: optional(int, 'ebb-pod-creation-burst'),
    };
  }
}

/** Above 1 it is a percentage, up to 1 the fraction itself: `1` is 100 %, `1.01` is 1.01 %. */
function asFraction(value: number): number {
  return value > 1 ? value / 100 : value;
}

interface Rule {
  readonly key: string;
  readonly holds: (config: AutoscalerConfig) => boolean;
  readonly must: (config: AutoscalerConfig) => string;
}

const rule = (key: string, must: string | Rule['must'], holds: Rule['holds']): Rule => ({
  key,
  holds,
  must: typeof must === 'string' ? () => `must be ${must}` : must,
});

const isWholeSeconds = (ms: number): boolean => ms % 1000 === 0;

/** Written as `not (bad)` where a value may be NaN, which the original lets pass (section 21). */
const rules: readonly Rule[] = [
  rule(
    'container-concurrency-target-percentage',
    'within (0, 100]',
    ({ containerConcurrencyTargetFraction: f }) => !(f <= 0 || f > 1),
  ),
  rule(
    'container-concurrency-target-default',
    ({ containerConcurrencyTargetFraction: f }) => `must be at least 0.01 when multiplied by the target fraction ${f}`,
    (c) => !(c.containerConcurrencyTargetFraction * c.containerConcurrencyTargetDefault < 0.01),
  ),
  rule('requests-per-second-target-default', 'at least 0.01', (c) => !(c.rpsTargetDefault < 0.01)),
  rule(
    'target-burst-capacity',
    'at least 0, or -1 for unlimited',
    ({ targetBurstCapacity: t }) => !(t < 0 && t !== -1),
  ),
  rule(
    'stable-window',
    'within [6s, 1h] in whole seconds',
    ({ stableWindowMs: w }) => w >= 6000 && w <= 3_600_000 && isWholeSeconds(w),
  ),
  rule('panic-window-percentage', 'within [1, 100]', ({ panicWindowPercentage: p }) => !(p < 1 || p > 100)),
  rule('max-scale-up-rate', 'greater than 1', (c) => !(c.maxScaleUpRate <= 1)),
  rule('max-scale-down-rate', 'greater than 1', (c) => !(c.maxScaleDownRate <= 1)),
  rule('scale-to-zero-grace-period', 'greater than 0s', (c) => c.scaleToZeroGracePeriodMs > 0),
  rule('scale-to-zero-pod-retention-period', 'at least 0s', (c) => c.scaleToZeroPodRetentionPeriodMs >= 0),
  rule('scale-down-delay', 'at least 0s in whole seconds', ({ scaleDownDelayMs: ms }) => ms >= 0 && isWholeSeconds(ms)),
  rule(
    'initial-scale',
    ({ allowZeroInitialScale }) => `must be at least ${allowZeroInitialScale ? 0 : 1}`,
    (c) => c.initialScale >= (c.allowZeroInitialScale ? 0 : 1),
  ),
  rule('min-scale', 'at least 0', (c) => c.minScale >= 0),
  rule('max-scale-limit', 'at least 0', (c) => c.maxScaleLimit >= 0),
  rule('max-scale', 'at least 0', (c) => c.maxScale >= 0),
  rule(
    'max-scale',
    ({ maxScaleLimit }) => `must be within [1, ${maxScaleLimit}], where max-scale-limit is ${maxScaleLimit}`,
    ({ maxScale, maxScaleLimit: limit }) => limit <= 0 || (maxScale >= 1 && maxScale <= limit),
  ),
  rule(
    'min-scale',
    ({ maxScale }) => `must be at most max-scale, which is ${maxScale}`,
    (c) => c.maxScale <= 0 || c.minScale <= c.maxScale,
  ),
  rule('activator-capacity', 'at least 1', (c) => !(c.activatorCapacity < 1)),
  rule(
    'ebb-pod-creations-per-second',
    'greater than 0',
    ({ ebb }) => ebb?.podCreationsPerSecond === undefined || ebb.podCreationsPerSecond > 0,
  ),
  rule(
    'ebb-pod-creation-burst',
    'at least 1',
    ({ ebb }) => ebb?.podCreationBurst === undefined || ebb.podCreationBurst >= 1,
  ),
];
