import type { PodSpec } from './core.ts';
import type { Condition, KubernetesObject, ObjectMeta } from './meta.ts';

/** `serving.knative.dev/v1` (Knative API specification 1.0). */

export interface TrafficTarget {
  tag?: string;
  revisionName?: string;
  configurationName?: string;
  latestRevision?: boolean;
  percent?: number;
  url?: string;
}

/** A restricted PodSpec plus what concerns requests; times in seconds, concurrency in requests (0 = unlimited). */
export interface RevisionSpec extends PodSpec {
  containerConcurrency?: number;
  timeoutSeconds?: number;
  responseStartTimeoutSeconds?: number;
  idleTimeoutSeconds?: number;
}

export interface RevisionTemplate {
  metadata?: ObjectMeta;
  spec: RevisionSpec;
}

export interface CommonStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  annotations?: Record<string, string>;
}

export interface ConfigurationStatusFields {
  latestCreatedRevisionName?: string;
  latestReadyRevisionName?: string;
}

export interface RouteStatusFields {
  url?: string;
  address?: { url?: string };
  traffic?: TrafficTarget[];
}

export interface Service extends KubernetesObject {
  spec: { template: RevisionTemplate; traffic?: TrafficTarget[] };
  status?: CommonStatus & ConfigurationStatusFields & RouteStatusFields;
}

export interface Configuration extends KubernetesObject {
  spec: { template: RevisionTemplate };
  status?: CommonStatus & ConfigurationStatusFields;
}

export interface Revision extends KubernetesObject {
  spec: RevisionSpec;
  status?: CommonStatus & {
    logUrl?: string;
    containerStatuses?: { name: string; imageDigest?: string }[];
    initContainerStatuses?: { name: string; imageDigest?: string }[];
    actualReplicas?: number;
    desiredReplicas?: number;
  };
}

export interface Route extends KubernetesObject {
  spec: { traffic?: TrafficTarget[] };
  status?: CommonStatus & RouteStatusFields;
}

/** `serving.knative.dev/v1beta1 DomainMapping`: its name is the domain (serving-api.md, sections 10 and 23). */
export interface DomainMapping extends KubernetesObject {
  spec: {
    /** What answers for the domain; `namespace` is always the DomainMapping's own. */
    ref: { kind?: string; namespace?: string; name?: string; apiVersion?: string; group?: string; address?: string };
    /** A certificate the user brings. */
    tls?: { secretName?: string };
  };
  status?: CommonStatus & Pick<RouteStatusFields, 'url' | 'address'>;
}
