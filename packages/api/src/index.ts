export * from './meta.ts';
export * from './core.ts';
export * from './serving.ts';
export * from './networking.ts';
export * from './autoscaling.ts';
export * from './crd.ts';
export * from './stats.ts';
export { ConcurrencyAverage, type ConcurrencyReport } from './concurrency-average.ts';
export * from './admission.ts';
export { resources } from './resources.ts';
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
export { formatGoDuration, parseGoDuration } from './go-duration.ts';
export { parseGoBool, parseGoFloat, parseGoInt32, parseGoInteger } from './go-number.ts';
export {
  type AutoscalerConfig,
  defaultAutoscalerConfig,
  hpaClass,
  kpaClass,
  parseAutoscalerConfig,
} from './autoscaler/config.ts';
export { type Aggregation, type ScalingSettings, parseScalingSettings } from './autoscaler/annotations.ts';
export { validateAutoscalingAnnotations } from './autoscaler/validate.ts';
export { parseQuantity } from './quantity.ts';
export { childName } from './child-name.ts';
export { type PodOptions, makePod } from './pod/make-pod.ts';
export { protocolOf, readinessProbeOf, servingContainer, userPortOf } from './pod/serving-container.ts';
export { servingCrds } from './crds/serving-crds.ts';
export { type ServingConfig, defaultServingConfig, parseServingConfig } from './config/serving-config.ts';
export { type Domain, type DomainConfig, clusterDomain, clusterLocalDomain, domainFor } from './config/domain.ts';
export type { DefaultsConfig } from './config/defaults.ts';
export type { DeploymentConfig } from './config/deployment.ts';
export type { FeatureName, FeaturesConfig, Flag, SecurePodDefaults } from './config/features.ts';
export type { GcConfig } from './config/gc.ts';
export type { NetworkConfig } from './config/network.ts';
export type { ObservabilityConfig } from './config/observability.ts';
export type { Template, TemplateData } from './config/template/template.ts';
export { createAdmission } from './serving-admission.ts';
export { isQuantity } from './quantity.ts';
