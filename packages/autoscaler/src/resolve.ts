import type { PodAutoscaler } from '@ebb/api';
import {
  type AutoscalerConfig,
  type OwnScalingSettings,
  type ScalingSettings,
  defaultAutoscalerConfig,
  parseOwnScalingSettings,
  parseScalingSettings,
} from '@ebb/api/autoscaler';
import type { MetricSpec } from './windows/metrics.ts';

/** Everything a decision depends on but the load: settings resolved to numbers (autoscaling.md, sections 7 and 20). */
export interface DeciderSpec extends MetricSpec {
  /** Load aimed at per pod, in the metric's unit. */
  readonly targetValue: number;
  /** Load a pod can take, before utilisation. */
  readonly totalValue: number;
  /** Requests to be able to take beyond the present ones; 0: none, −1: no limit. */
  readonly targetBurstCapacity: number;
  readonly activatorCapacity: number;
  /** Wanted pods to ready pods at which panic begins: 2 is twice as many. */
  readonly panicThreshold: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly scaleDownDelaySeconds: number;
  /** Least scale while there is load; 0 or 1: none. */
  readonly activationScale: number;
  readonly initialScale: number;
  readonly reachable: boolean;
  /** True if an empty stable window means "not known" and not zero. */
  readonly scraped: boolean;
  /** What differs from the original because the revision or the cluster asks for it; absent if nothing does. */
  readonly ebb?: BetterBehaviours;
}

/** Behaviours that the original does not have (autoscaling.md, section 27). */
export interface BetterBehaviours {
  /** Panic does not end while the load still rises. */
  readonly panicWhileRising: boolean;
  /** Rates and the panic threshold count pods that are starting. */
  readonly countStartingPods: boolean;
}

const maxWindowSeconds = 3600;

/** The decider's parameters for a PodAutoscaler. Values nothing can be computed with (NaN) count as not given. */
export function resolveSpec({ metadata, spec }: PodAutoscaler, config: AutoscalerConfig): DeciderSpec {
  const settings = parseScalingSettings(metadata.annotations ?? {}, config);
  const own = parseOwnScalingSettings(metadata.annotations ?? {}, config);
  const metric = settings.metric === 'rps' ? 'rps' : 'concurrency';
  const { totalValue, targetValue } = resolveTarget(settings, config, spec.containerConcurrency ?? 0);
  const stableWindowSeconds = windowSeconds(settings.stableWindowMs / 1000);
  return {
    metric,
    aggregation: settings.aggregation,
    stableWindowSeconds,
    panicWindowSeconds: panicWindowSeconds(settings),
    totalValue,
    targetValue,
    targetBurstCapacity: settings.targetBurstCapacity,
    activatorCapacity: config.activatorCapacity,
    panicThreshold: settings.panicThresholdPercentage / 100,
    maxScaleUpRate: rateOr(own.maxScaleUpRate, config.maxScaleUpRate, defaultAutoscalerConfig.maxScaleUpRate),
    maxScaleDownRate: rateOr(own.maxScaleDownRate, config.maxScaleDownRate, defaultAutoscalerConfig.maxScaleDownRate),
    scaleDownDelaySeconds: settings.scaleDownDelayMs / 1000,
    activationScale: settings.activationScale,
    initialScale: settings.initialScale,
    reachable: spec.reachability !== 'Unreachable',
    scraped: settings.targetBurstCapacity !== -1,
    ...(own.panicWhileRising || own.countStartingPods ? { ebb: betterBehaviours(own) } : {}),
  };
}

function betterBehaviours({ panicWhileRising, countStartingPods }: OwnScalingSettings): BetterBehaviours {
  return { panicWhileRising, countStartingPods };
}

/** The revision's rate if it can be gone by, else the cluster's. */
function rateOr(annotated: number | undefined, ofCluster: number, byDefault: number): number {
  return annotated !== undefined && annotated > 1 ? annotated : numberOr(ofCluster, byDefault);
}

const smallestTarget = 0.01;

function resolveTarget(
  { metric, target, targetUtilization }: ScalingSettings,
  config: AutoscalerConfig,
  containerConcurrency: number,
): { totalValue: number; targetValue: number } {
  const isRps = metric === 'rps';
  const limit = isRps ? 0 : containerConcurrency;
  const byDefault = isRps ? config.rpsTargetDefault : limit || config.containerConcurrencyTargetDefault;
  const annotated = numberOr(target, byDefault);
  const totalValue = limit > 0 ? Math.min(annotated, limit) : annotated;
  const fraction = isRps ? config.targetUtilization : config.containerConcurrencyTargetFraction;
  const utilization = numberOr(
    targetUtilization,
    numberOr(fraction, defaultAutoscalerConfig.containerConcurrencyTargetFraction),
  );
  return { totalValue, targetValue: Math.max(smallestTarget, totalValue * utilization) };
}

/** A share of the stable window in whole nanoseconds, then in whole seconds, halves up: 1.5 s is 2, 0.6 s is 1. */
function panicWindowSeconds({ stableWindowMs, panicWindowPercentage }: ScalingSettings): number {
  const percentage = numberOr(panicWindowPercentage, defaultAutoscalerConfig.panicWindowPercentage);
  const nanoseconds = Math.trunc((stableWindowMs * 1e6 * percentage) / 100);
  return windowSeconds(Math.floor(nanoseconds / 1e9 + 0.5));
}

/** Admission keeps windows within bounds; whoever writes a PodAutoscaler past it gets the nearest one. */
function windowSeconds(seconds: number): number {
  return Math.min(maxWindowSeconds, Math.max(1, Math.ceil(seconds)));
}

function numberOr(value: number | undefined, byDefault: number): number {
  return value === undefined || Number.isNaN(value) ? byDefault : value;
}
