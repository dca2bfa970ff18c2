import {
  type AutoscalerConfig,
  type PodAutoscaler,
  type Reachability,
  type Revision,
  hpaClass,
  keys,
  parseScalingSettings,
  protocolOf,
  resources,
} from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { without } from '../metadata.ts';

/** Annotations of a Revision that its workload does not get (serving-api.md, section 16.4). */
const revisionOnly = [
  'serving.knative.dev/lastPinned',
  keys.noGC,
  keys.routingStateModified,
  keys.routes,
  keys.lastApplied,
];
/** Set on a PodAutoscaler by admission where the Revision has none. */
const defaulted = ['autoscaling.knative.dev/class', 'autoscaling.knative.dev/metric'];

/**
 * The PodAutoscaler of a Revision. Its target is the Revision itself: Ebb makes Pods without a Deployment between.
 * `failing` tells that the Revision has failed while instances are wanted and none is ready.
 */
export function makePodAutoscaler(
  revision: Revision,
  { failing, config }: { readonly failing: boolean; readonly config: AutoscalerConfig },
): PodAutoscaler {
  const { name = '', namespace = '', uid = '', labels, annotations } = revision.metadata;
  const settings = parseScalingSettings(annotations ?? {}, config);
  return {
    apiVersion: 'autoscaling.internal.knative.dev/v1alpha1',
    kind: 'PodAutoscaler',
    metadata: {
      name,
      namespace,
      labels: {
        app: name,
        ...without(labels, [keys.route, keys.routingState]),
        [keys.revision]: name,
        [keys.revisionUID]: uid,
      },
      annotations: without(annotations, revisionOnly),
      ownerReferences: [ownerReferenceOf(revision, resources.revisions)],
    },
    spec: {
      containerConcurrency: revision.spec.containerConcurrency ?? 0,
      protocolType: protocolOf(revision.spec),
      // What a HorizontalPodAutoscaler begins with.
      ...(settings.class === hpaClass ? { replicas: Math.max(1, settings.initialScale, settings.minScale) } : {}),
      reachability: failing ? 'Unreachable' : reachabilityOf(revision),
      scaleTargetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Revision', name },
    },
  };
}

/** The live PodAutoscaler made right: class and metric stay where only admission has set them, the scale as it was set. */
export function fixPodAutoscaler(live: PodAutoscaler, desired: PodAutoscaler): PodAutoscaler {
  const kept = Object.entries(live.metadata.annotations ?? {}).filter(([key]) => defaulted.includes(key));
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...(desired.metadata.labels ? { labels: desired.metadata.labels } : {}),
      annotations: { ...Object.fromEntries(kept), ...desired.metadata.annotations },
    },
    spec: {
      ...desired.spec,
      ...(desired.spec.replicas === undefined ? {} : { replicas: live.spec.replicas ?? desired.spec.replicas }),
    },
  };
}

function reachabilityOf(revision: Revision): Reachability {
  switch (revision.metadata.labels?.[keys.routingState]) {
    case 'active':
      return 'Reachable';
    case 'reserve':
      return 'Unreachable';
    default:
      return '';
  }
}
