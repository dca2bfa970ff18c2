import { parseGoDuration } from '../go-duration.ts';
import { parseGoBool, parseGoFloat, parseGoInt32 } from '../go-number.ts';
import type { Annotations } from './annotations.ts';
import { type AutoscalerConfig, defaultEbbScalingConfig } from './config.ts';

/** Annotation keys of scaling beyond Knative's: Ebb's own, and Alibaba's (serverless-node.md, section 4). */
export const ownScalingKeys = {
  panicWhileRising: 'ebb.dev/panic-while-rising',
  countStartingPods: 'ebb.dev/count-starting-pods',
  maxScaleUpRate: 'ebb.dev/max-scale-up-rate',
  maxScaleDownRate: 'ebb.dev/max-scale-down-rate',
  schedule: 'ebb.dev/schedule',
  scheduleTimeZone: 'ebb.dev/schedule-time-zone',
  predictive: 'ebb.dev/predictive',
  predictiveQuantile: 'ebb.dev/predictive-quantile',
  predictiveLeadTime: 'ebb.dev/predictive-lead-time',
  onDemandReplicas: 'ebb.dev/on-demand-replicas',
  /** The ConfigMap of a `ppa` schedule. */
  timeseries: 'alicloud.autoscaling.service.knative.dev/timeseries',
  metricTarget: 'alicloud.autoscaling.knative.dev/metric-target',
  canScaleDown: 'alicloud.autoscaling.service.knative.dev/canscaledown',
  scaleStrategy: 'autoscaling.alibabacloud.com/scaleStrategy',
  reserveInstance: 'knative.aliyun.com/reserve-instance',
  reserveInstanceType: 'knative.aliyun.com/reserve-instance-type',
  reserveInstanceSpecs: 'knative.aliyun.com/reserve-instance-eci-use-specs',
  reserveInstanceReplicas: 'knative.aliyun.com/reserve-instance-replicas',
} as const;

/** Where a forecast acts (`auto`) or is only told (`observer`). */
export type PredictiveMode = 'observer' | 'auto';

/** What a revision asks for beyond Knative's annotations. */
export interface OwnScalingSettings {
  readonly panicWhileRising: boolean;
  readonly countStartingPods: boolean;
  /** `undefined`: the cluster's. */
  readonly maxScaleUpRate: number | undefined;
  readonly maxScaleDownRate: number | undefined;
  /** Windows, one a line. */
  readonly schedule: string | undefined;
  /** IANA name. Default UTC. */
  readonly scheduleTimeZone: string;
  readonly predictive: PredictiveMode | undefined;
  /** Percent of past values that the forecast is to cover. Default 95. */
  readonly predictiveQuantile: number;
  /** How far ahead the forecast looks. Default 180 s. */
  readonly predictiveLeadTimeMs: number;
  /** Pods that are never spot; those above are. `undefined`: none is spot. */
  readonly onDemandReplicas: number | undefined;
  /** Pods of the smallest size kept at idle; 0: none. */
  readonly reserveReplicas: number;
  /** ECI types of the reserved pods, tried in order. */
  readonly reserveSpecs: string;
}

/** The cheapest types with a vCPU and 2 GiB or so (serverless-node.md, section 4.1). */
export const defaultReserveSpecs =
  'ecs.t6-c1m1.large,ecs.t5-lc1m2.small,ecs.s6-c1m2.small,ecs.t6-c1m2.large,ecs.n1.small';

/** Reads Ebb's and Alibaba's annotations. One that does not parse counts as absent. */
export function parseOwnScalingSettings(annotations: Annotations, config: AutoscalerConfig): OwnScalingSettings {
  const read = <T>(key: keyof typeof ownScalingKeys, parse: (text: string) => T | undefined): T | undefined => {
    const text = annotations[ownScalingKeys[key]];
    return text === undefined ? undefined : parse(text);
  };
  const own = config.ebb ?? defaultEbbScalingConfig;
  const reserves = read('reserveInstance', String) === 'enable';
  return {
    panicWhileRising: read('panicWhileRising', parseGoBool) ?? own.panicWhileRising,
    countStartingPods: read('countStartingPods', parseGoBool) ?? own.countStartingPods,
    maxScaleUpRate: read('maxScaleUpRate', parseGoFloat),
    maxScaleDownRate: read('maxScaleDownRate', parseGoFloat),
    schedule: read('schedule', String),
    scheduleTimeZone: read('scheduleTimeZone', String) ?? 'UTC',
    predictive: read('predictive', parsePredictiveMode) ?? read('scaleStrategy', parsePredictiveMode),
    predictiveQuantile: read('predictiveQuantile', parseGoFloat) ?? 95,
    predictiveLeadTimeMs: read('predictiveLeadTime', parseGoDuration) ?? 180_000,
    onDemandReplicas: read('onDemandReplicas', parseGoInt32),
    reserveReplicas: reserves ? (read('reserveInstanceReplicas', parseGoInt32) ?? 1) : 0,
    reserveSpecs: read('reserveInstanceSpecs', String) ?? defaultReserveSpecs,
  };
}

/** `undefined` if the text is neither. */
function parsePredictiveMode(text: string): PredictiveMode | undefined {
  return text === 'observer' || text === 'auto' ? text : undefined;
}

/** What `metric-target` aims at: percent of the CPU request, MiB of memory. */
export interface MetricTargets {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
}

const oneTarget = /^(cpu|memory):(\d+(?:\.\d+)?)$/;

/** Reads `cpu:50,memory:50` (serverless-node.md, section 4.2); `undefined` if the annotation is absent or cannot be read. */
export function parseMetricTargets(annotations: Annotations): MetricTargets | undefined {
  const parts = annotations[ownScalingKeys.metricTarget]?.split(',').map((part) => oneTarget.exec(part.trim()));
  if (!parts?.every((part) => part !== null)) return undefined;
  const find = (name: string): number | undefined => {
    const [, , value] = parts.find(([, metric]) => metric === name) ?? [];
    return value === undefined ? undefined : Number(value);
  };
  return { cpu: find('cpu'), memory: find('memory') };
}
