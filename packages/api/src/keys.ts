/** Label and annotation keys. Knative's and Alibaba's are theirs; Ebb's own start with `ebb.dev/`. */
export const keys = {
  creator: 'serving.knative.dev/creator',
  lastModifier: 'serving.knative.dev/lastModifier',
  service: 'serving.knative.dev/service',
  serviceUID: 'serving.knative.dev/serviceUID',
  configuration: 'serving.knative.dev/configuration',
  configurationUID: 'serving.knative.dev/configurationUID',
  configurationGeneration: 'serving.knative.dev/configurationGeneration',
  revision: 'serving.knative.dev/revision',
  revisionUID: 'serving.knative.dev/revisionUID',
  route: 'serving.knative.dev/route',
  routeNamespace: 'serving.knative.dev/routeNamespace',
  routingState: 'serving.knative.dev/routingState',
  routingStateModified: 'serving.knative.dev/routingStateModified',
  routes: 'serving.knative.dev/routes',
  rolloutDuration: 'serving.knative.dev/rollout-duration',
  progressDeadline: 'serving.knative.dev/progress-deadline',
  noGC: 'serving.knative.dev/no-gc',
  visibility: 'networking.knative.dev/visibility',
  ingressClass: 'networking.knative.dev/ingress.class',
  rollout: 'networking.internal.knative.dev/rollout',
  tagToHost: 'networking.internal.knative.dev/tag-to-host',
  exampleChecksum: 'knative.dev/example-checksum',
  /** On a Service or Configuration: `enabled` or `strict` if its Pod is to be tried at every write. */
  podSpecDryRun: 'features.knative.dev/podspec-dryrun',
  /** On a Namespace, with any value: admission is not asked about what is in it. */
  excluded: 'webhooks.knative.dev/exclude',
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
  /** On a Pod: it takes no new request; its last ones end, then it is deleted. Value: RFC 3339 time it began. */
  draining: 'ebb.dev/draining',
  /** In a PodAutoscaler's status: how its scale came about, in words. */
  why: 'ebb.dev/why',
  /** On Events about a PodAutoscaler's scale: the decision as JSON. */
  decision: 'ebb.dev/decision',
  /** On a Pod: `spot` or `reserve`, where it is not a standard one. */
  podKind: 'ebb.dev/pod-kind',
  /** On a Pod: when the autoscaler decided to have it, in RFC 3339 with milliseconds. */
  decided: 'ebb.dev/decided',
  /** On a Revision: `true` if responses that waited for an instance are to say what for, in `Server-Timing`. */
  serverTiming: 'ebb.dev/server-timing',
  /** On a Revision: how long a request may wait for a slot while instances are ready, as a Go duration. */
  queueTimeout: 'ebb.dev/queue-timeout',
  /** On a Pod: the port its serving container really listens on, where the runtime could not give it the one asked for. */
  userPort: 'ebb.dev/user-port',
} as const;

/** The ingress class whose Ingresses Ebb's gateway serves. */
export const ingressClass = 'ebb.ingress.networking.knative.dev';

/** The namespace of Knative's ConfigMaps. */
export const systemNamespace = 'knative-serving';

/** Headers the gateway sets from an Ingress split, so that the activator knows the revision (data-path.md, section 6). */
export const revisionHeader = 'Knative-Serving-Revision';
export const namespaceHeader = 'Knative-Serving-Namespace';
