import { parseGoDuration } from '../go-duration.ts';
import { parseGoFloat, parseGoInt32 } from '../go-number.ts';
import { keys } from '../keys.ts';
import { hpaClass } from './class-names.ts';
import type { AutoscalerConfig } from './config.ts';

/** An annotation, by what it sets. */
export type ScalingName =
  | 'class'
  | 'metric'
  | 'target'
  | 'targetUtilization'
  | 'minScale'
  | 'maxScale'
  | 'initialScale'
  | 'activationScale'
  | 'scaleDownDelay'
  | 'retention'
  | 'window'
  | 'panicWindow'
  | 'panicThreshold'
  | 'targetBurstCapacity'
  | 'aggregation';

/** The spellings of a key; the first present counts. */
export type ScalingKey = readonly [key: string, ...others: string[]];

/** Annotation keys of autoscaling on a revision (autoscaling.md, section 20). */
export const scalingKeys: Readonly<Record<ScalingName, ScalingKey>> = {
  class: scalingKey('class'),
  metric: scalingKey('metric'),
  target: scalingKey('target'),
  targetUtilization: scalingKey('target-utilization-percentage', 'targetUtilizationPercentage'),
  minScale: scalingKey('min-scale', 'minScale'),
  maxScale: scalingKey('max-scale', 'maxScale'),
  initialScale: scalingKey('initial-scale', 'initialScale'),
  activationScale: scalingKey('activation-scale'),
  scaleDownDelay: scalingKey('scale-down-delay', 'scaleDownDelay'),
  retention: scalingKey('scale-to-zero-pod-retention-period', 'scaleToZeroPodRetentionPeriod'),
  window: scalingKey('window'),
  panicWindow: scalingKey('panic-window-percentage', 'panicWindowPercentage'),
  panicThreshold: scalingKey('panic-threshold-percentage', 'panicThresholdPercentage'),
  targetBurstCapacity: scalingKey('target-burst-capacity', 'targetBurstCapacity'),
  aggregation: scalingKey('metric-aggregation-algorithm', 'metricAggregationAlgorithm'),
};

function scalingKey(name: string, ...others: string[]): ScalingKey {
  const prefix = 'autoscaling.knative.dev/';
  return [prefix + name, ...others.map((other) => prefix + other)];
}

export type Annotations = Readonly<Record<string, string>>;

/** The annotation of that meaning as it was written: the first spelling that is present. */
export function findAnnotation(
  annotations: Annotations,
  spellings: ScalingKey,
): { readonly key: string; readonly value: string } | undefined {
  for (const key of spellings) {
    const value = annotations[key];
    if (value !== undefined) return { key, value };
  }
  return undefined;
}

export type Aggregation = 'linear' | 'weighted-exponential';

/** What a revision asks of its autoscaler: its annotations, and the cluster's settings where it says nothing. */
export interface ScalingSettings {
  readonly class: string;
  /** `concurrency`, `rps`, or what another class understands. */
  readonly metric: string;
  /** Per pod, in the metric's unit. */
  readonly target: number | undefined;
  /** 0 to 1. */
  readonly targetUtilization: number | undefined;
  readonly minScale: number;
  /** 0: none. */
  readonly maxScale: number;
  readonly initialScale: number;
  /** 0: none. */
  readonly activationScale: number;
  readonly scaleDownDelayMs: number;
  readonly retentionMs: number;
  readonly stableWindowMs: number;
  readonly panicWindowPercentage: number;
  readonly panicThresholdPercentage: number;
  readonly targetBurstCapacity: number;
  readonly aggregation: Aggregation;
  /** Time a revision has to become ready; `undefined`: the cluster's. */
  readonly progressDeadlineMs: number | undefined;
}

/** Reads the annotations of a PodAutoscaler. One that does not parse counts as absent (sections 7, 13 and 20). */
export function parseScalingSettings(annotations: Annotations, config: AutoscalerConfig): ScalingSettings {
  const read = <T>(key: ScalingKey, parse: (text: string) => T | undefined): T | undefined => {
    const found = findAnnotation(annotations, key);
    return found && parse(found.value);
  };
  const percentage = read(scalingKeys.targetUtilization, parseGoFloat);
  const scalingClass = read(scalingKeys.class, String) ?? config.podAutoscalerClass;
  return {
    class: scalingClass,
    metric: read(scalingKeys.metric, String) ?? (scalingClass === hpaClass ? 'cpu' : 'concurrency'),
    target: read(scalingKeys.target, parseGoFloat),
    targetUtilization: percentage === undefined ? undefined : percentage / 100,
    minScale: read(scalingKeys.minScale, parseGoInt32) ?? config.minScale,
    maxScale: read(scalingKeys.maxScale, parseGoInt32) ?? config.maxScale,
    initialScale: initialScaleOf(read(scalingKeys.initialScale, parseGoInt32), config),
    activationScale: read(scalingKeys.activationScale, parseGoInt32) ?? 0,
    scaleDownDelayMs: read(scalingKeys.scaleDownDelay, parseGoDuration) ?? config.scaleDownDelayMs,
    retentionMs: read(scalingKeys.retention, parseGoDuration) ?? config.scaleToZeroPodRetentionPeriodMs,
    stableWindowMs: read(scalingKeys.window, parseGoDuration) ?? config.stableWindowMs,
    panicWindowPercentage: read(scalingKeys.panicWindow, parseGoFloat) ?? config.panicWindowPercentage,
    panicThresholdPercentage: read(scalingKeys.panicThreshold, parseGoFloat) ?? config.panicThresholdPercentage,
    targetBurstCapacity: read(scalingKeys.targetBurstCapacity, parseGoFloat) ?? config.targetBurstCapacity,
    aggregation: aggregationOf(read(scalingKeys.aggregation, String)),
    progressDeadlineMs: read([keys.progressDeadline], parseGoDuration),
  };
}

/** An annotated zero counts only where the cluster allows it (section 13). */
function initialScaleOf(annotated: number | undefined, config: AutoscalerConfig): number {
  const forbidden = annotated === 0 && !config.allowZeroInitialScale;
  return annotated === undefined || forbidden ? config.initialScale : annotated;
}

function aggregationOf(name: string | undefined): Aggregation {
  return name === 'weighted-exponential' || name === 'weightedExponential' ? 'weighted-exponential' : 'linear';
}
