import type { KubernetesObject } from './meta.ts';
import type { CommonStatus } from './serving.ts';

export type Reachability = '' | 'Reachable' | 'Unreachable';

/** `autoscaling.internal.knative.dev/v1alpha1 PodAutoscaler` (autoscaling.md, section 1). */
export interface PodAutoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind?: string; name?: string };
    containerConcurrency?: number;
    protocolType?: 'http1' | 'h2c';
    reachability?: Reachability;
  };
  status?: CommonStatus & {
    serviceName?: string;
    metricsServiceName?: string;
    desiredScale?: number;
    actualScale?: number;
  };
}

/** `autoscaling.internal.knative.dev/v1alpha1 Metric`: what is measured for a PodAutoscaler. Windows in nanoseconds. */
export interface Metric extends KubernetesObject {
  spec: { scrapeTarget?: string; stableWindow?: number; panicWindow?: number };
  status?: CommonStatus;
}
