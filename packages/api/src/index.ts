// Kinds
export * from './meta.ts';
export * from './core.ts';
export * from './core-networking.ts';
export * from './core-storage.ts';
export * from './serving.ts';
export * from './networking.ts';
export * from './autoscaling.ts';
export * from './caching.ts';
export * from './webhooks.ts';
export * from './crd.ts';
export { resources } from './resources.ts';
export type * from './kube-client.ts';
export { servingCrds } from './crds/serving-crds.ts';

// Names, keys, errors
export { childName } from './child-name.ts';
export { ingressClass, keys, namespaceHeader, revisionHeader, systemNamespace } from './keys.ts';
export {
  type StatusReason,
  StatusError,
  isAlreadyExists,
  isConflict,
  isGone,
  isNotFound,
  statusCodes,
} from './status-error.ts';

// Admission
export * from './admission.ts';
export { createAdmission } from './serving-admission.ts';
export { AdmissionRefusal, webhookNames } from './admission/refusal.ts';
export { dryRunRefusal } from './admission/dry-run.ts';

// Configuration
export { type ServingConfig, defaultServingConfig, parseServingConfig } from './config/serving-config.ts';
export { type Domain, type DomainConfig, clusterDomain, clusterLocalDomain, domainFor } from './config/domain.ts';
export type { DefaultsConfig } from './config/defaults.ts';
export { parseYaml } from './config/yaml.ts';
export type { DeploymentConfig } from './config/deployment.ts';
export type { FeatureName, FeaturesConfig, Flag, SecurePodDefaults } from './config/features.ts';
export type { GcConfig } from './config/gc.ts';
export { type LeaderElectionConfig, parseLeaderElectionConfig } from './config/leader-election.ts';
export type { NetworkConfig } from './config/network.ts';
export { type ObservabilityConfig, type TracingConfig, parseObservabilityConfig } from './config/observability.ts';
export { type Fields, asText } from './config/template/functions.ts';
export { type Template, parseTemplate } from './config/template/template.ts';

// Autoscaling
export {
  type AutoscalerConfig,
  type EbbScalingConfig,
  defaultAutoscalerConfig,
  defaultEbbScalingConfig,
  parseAutoscalerConfig,
} from './autoscaler/config.ts';
export { alibabaClasses, hpaClass, knownClasses, kpaClass } from './autoscaler/class-names.ts';
export { ownScalingKeys, parseOwnScalingSettings } from './autoscaler/own-annotations.ts';
export { type Aggregation, type ScalingSettings, parseScalingSettings, scalingKeys } from './autoscaler/annotations.ts';
export { validateAutoscalingAnnotations } from './autoscaler/validate.ts';
export { ConcurrencyAverage, type ConcurrencyReport } from './concurrency-average.ts';
export * from './stats.ts';

// Pods of a Revision
export { type PodOptions, makePod } from './pod/make-pod.ts';
export { protocolOf, readinessProbeOf, servingContainer, userPortOf } from './pod/serving-container.ts';

// Values as Kubernetes and Go write them
export { isQuantity, parseQuantity } from './quantity.ts';
export { formatGoDuration, parseGoDuration } from './go-duration.ts';
export { parseGoBool, parseGoFloat, parseGoInt32, parseGoInteger } from './go-number.ts';

// Findings about fields
export {
  type FieldError,
  type FieldErrorOptions,
  asWarnings,
  disallowedFields,
  fieldError,
  invalidArrayValue,
  invalidKeyName,
  invalidValue,
  missingField,
  missingOneOf,
  multipleOneOf,
  outOfBounds,
  renderFindings,
  viaField,
  viaFieldIndex,
  viaIndex,
  viaKey,
} from './field-error.ts';
