/** The class whose revisions the Knative Pod Autoscaler scales. */
export const kpaClass = 'kpa.autoscaling.knative.dev';
/** The class whose revisions a HorizontalPodAutoscaler scales. */
export const hpaClass = 'hpa.autoscaling.knative.dev';

/** Classes that Alibaba's Knative adds under Knative's own domain (serverless-node.md, section 4.2). */
export const alibabaClasses = {
  /** By the clock, over CPU and memory. */
  ppa: 'ppa.autoscaling.knative.dev',
  /** As KPA, but never down. */
  spa: 'spa.autoscaling.knative.dev',
  /** Requests in flight at the gateway divided by containerConcurrency. */
  mpa: 'mpa.autoscaling.knative.dev',
  /** As KPA, never below what the revision's own history foretells. */
  ahpa: 'ahpa.autoscaling.knative.dev',
} as const;

/** Classes ending in `.knative.dev` that may be asked for; others of that ending are refused. */
export const knownClasses: ReadonlySet<string> = new Set<string>([
  kpaClass,
  hpaClass,
  ...Object.values(alibabaClasses),
]);
