import type { Condition, KubernetesObject } from './meta.ts';
import type { CommonStatus } from './serving.ts';

export type Reachability = '' | 'Reachable' | 'Unreachable';

/** `autoscaling.internal.knative.dev/v1alpha1 PodAutoscaler` (autoscaling.md, section 1). */
export interface PodAutoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind?: string; name?: string };
    containerConcurrency?: number;
    protocolType?: 'http1' | 'h2c';
    reachability?: Reachability;
    /** Pods wanted, in class `hpa`: the field behind the scale subresource. */
    replicas?: number;
  };
  status?: CommonStatus & {
    serviceName?: string;
    metricsServiceName?: string;
    desiredScale?: number;
    actualScale?: number;
    /** Label selector of the pods that count. */
    selector?: string;
  };
}

/** Of a metric of a HorizontalPodAutoscaler, what is aimed at: the average over the pods. */
export interface MetricTarget {
  type: 'Utilization' | 'AverageValue';
  /** Percent of what the pods request. */
  averageUtilization?: number;
  averageValue?: string;
}

/** `autoscaling/v2 HorizontalPodAutoscaler`. */
export interface HorizontalPodAutoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: {
      type: 'Resource' | 'Pods';
      resource?: { name: string; target: MetricTarget };
      pods?: { metric: { name: string }; target: MetricTarget };
    }[];
    behavior?: Partial<Record<'scaleUp' | 'scaleDown', { stabilizationWindowSeconds?: number }>>;
  };
  status?: { conditions?: Condition[] };
}

/** `autoscaling.internal.knative.dev/v1alpha1 Metric`: what is measured for a PodAutoscaler. Windows in nanoseconds. */
export interface Metric extends KubernetesObject {
  spec: { scrapeTarget?: string; stableWindow?: number; panicWindow?: number };
  status?: CommonStatus;
}
