import { type HorizontalPodAutoscaler, type PodAutoscaler, resources } from '@ebb/api';
import { type AutoscalerConfig, parseScalingSettings, scalingKeys } from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';

type Spec = HorizontalPodAutoscaler['spec'];
type Metric = NonNullable<Spec['metrics']>[number];

/** No bound at all. */
const most = 2 ** 31 - 1;
/** Aimed at where nothing is annotated, in percent: Kubernetes' own default. */
const defaultCpuPercent = 80;

/** The HorizontalPodAutoscaler of a PodAutoscaler of class `hpa` (autoscaling.md, section 18). It scales the PodAutoscaler itself. */
export function makeHorizontalPodAutoscaler(
  podAutoscaler: PodAutoscaler,
  config: AutoscalerConfig,
): HorizontalPodAutoscaler {
  const { name = '', namespace = '', labels = {}, annotations = {} } = podAutoscaler.metadata;
  const { metric, target, minScale, maxScale, stableWindowMs } = parseScalingSettings(annotations, config);
  const rules = { stabilizationWindowSeconds: stableWindowMs / 1000 };
  const isWindowed = annotations[scalingKeys.window[0]] !== undefined;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {
      name,
      namespace,
      labels: { ...labels },
      annotations: { ...annotations },
      ownerReferences: [ownerReferenceOf(podAutoscaler, resources.podAutoscalers)],
    },
    spec: {
      scaleTargetRef: { apiVersion: 'autoscaling.internal.knative.dev/v1alpha1', kind: 'PodAutoscaler', name },
      minReplicas: Math.max(1, minScale),
      maxReplicas: maxScale > 0 ? maxScale : most,
      metrics: [target === undefined ? cpu(defaultCpuPercent) : metricOf(metric, target)],
      ...(isWindowed ? { behavior: { scaleUp: rules, scaleDown: rules } } : {}),
    },
  };
}

/** The live one made right; what an API server adds by itself stays. */
export function fixHorizontalPodAutoscaler(
  live: HorizontalPodAutoscaler,
  desired: HorizontalPodAutoscaler,
): HorizontalPodAutoscaler {
  const { behavior, ...spec } = { ...live.spec, ...desired.spec };
  const { labels, annotations } = desired.metadata;
  const rules = desired.spec.behavior && {
    scaleUp: { ...live.spec.behavior?.scaleUp, ...behavior?.scaleUp },
    scaleDown: { ...live.spec.behavior?.scaleDown, ...behavior?.scaleDown },
  };
  return {
    ...live,
    metadata: {
      ...live.metadata,
      labels: { ...live.metadata.labels, ...labels },
      annotations: { ...live.metadata.annotations, ...annotations },
    },
    spec: rules ? { ...spec, behavior: rules } : spec,
  };
}

function cpu(averageUtilization: number): Metric {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

function metricOf(name: string, target: number): Metric {
  if (name === 'cpu') return cpu(Math.ceil(target));
  const whole = Math.trunc(target);
  if (name === 'memory') {
    const averageValue = inUnits(whole, 1024, ['Mi', 'Gi', 'Ti', 'Pi']);
    return { type: 'Resource', resource: { name, target: { type: 'AverageValue', averageValue } } };
  }
  const averageValue = inUnits(whole, 1000, ['', 'k', 'M', 'G', 'T']);
  return { type: 'Pods', pods: { metric: { name }, target: { type: 'AverageValue', averageValue } } };
}

/** As API servers write it: in the largest unit of which it is a whole number. */
function inUnits(value: number, step: number, [unit = '', ...larger]: readonly string[]): string {
  if (larger.length === 0 || value === 0 || value % step !== 0) return `${value}${unit}`;
  return inUnits(value / step, step, larger);
}
