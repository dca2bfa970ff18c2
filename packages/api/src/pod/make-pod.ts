import { runtimeClassFor } from '../config/runtime-class.ts';
import { type ServingConfig, defaultServingConfig } from '../config/serving-config.ts';
import type { Pod, PodSpec } from '../core.ts';
import { keys } from '../keys.ts';
import type { Revision } from '../serving.ts';
import { podContainers, podInitContainers } from './pod-containers.ts';
import { servingContainer } from './serving-container.ts';

export interface PodOptions {
  readonly revision: Revision;
  readonly podName: string;
  /** The node to bind the pod to; left out, a scheduler chooses one. */
  readonly nodeName?: string | undefined;
  /** What the ConfigMaps say of pods. Default: Knative's defaults. */
  readonly config?: Pick<ServingConfig, 'defaults' | 'deployment' | 'features'>;
}

/** What a virtual node keeps other pods away with; ours are meant for it (serverless-node.md, section 1.1). */
const virtualNodeToleration = { key: 'virtual-kubelet.io/provider', operator: 'Exists' };

/** Annotations that concern the Revision only (serving-api.md, section 17). */
const revisionOnly: ReadonlySet<string> = new Set<string>([
  'serving.knative.dev/lastPinned',
  keys.noGC,
  keys.routingStateModified,
  keys.routes,
]);
const autoscalingPrefix = 'autoscaling.knative.dev';

/** `timeoutSeconds` of a Revision that was never defaulted. */
const defaultTimeoutSeconds = 300;

/**
 * An instance of a Revision (serving-api.md, section 17), without Knative's sidecar: the gateway does what that is for. So there is
 * no hook that keeps a container from being stopped either: who deletes a pod first waits for its requests. All probes stay with
 * the pod, and the node runs them.
 */
export function makePod({ revision, podName, nodeName, config = defaultServingConfig }: PodOptions): Pod {
  const { name = '', namespace, uid = '' } = revision.metadata;
  const controller = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName,
      ...(namespace === undefined ? {} : { namespace }),
      labels: podLabels(revision),
      annotations: podAnnotations(revision),
      ownerReferences: [controller],
    },
    spec: podSpec(revision, nodeName, config),
  };
}

function podLabels({ metadata }: Revision): Record<string, string> {
  const { name = '', uid = '', labels = {} } = metadata;
  const { [keys.route]: _route, [keys.routingState]: _state, ...kept } = labels;
  return { app: name, ...kept, [keys.revision]: name, [keys.revisionUID]: uid };
}

function podAnnotations({ metadata, spec }: Revision): Record<string, string> {
  const kept = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !revisionOnly.has(key) && !key.startsWith(autoscalingPrefix),
  );
  const container = servingContainer(spec)?.name;
  return {
    ...Object.fromEntries(kept),
    ...(container ? { 'kubectl.kubernetes.io/default-container': container } : {}),
  };
}

function podSpec(revision: Revision, nodeName: string | undefined, config: NonNullable<PodOptions['config']>): PodSpec {
  const {
    containerConcurrency: _c,
    timeoutSeconds,
    responseStartTimeoutSeconds: _r,
    idleTimeoutSeconds: _i,
    ...spec
  } = revision.spec;
  const initContainers = podInitContainers(revision);
  const links = spec.enableServiceLinks ?? config.defaults.enableServiceLinks;
  return {
    ...spec,
    containers: podContainers(revision, config.features),
    ...(initContainers && { initContainers }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(links === undefined ? {} : { enableServiceLinks: links }),
    ...placement(revision, config.deployment),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: timeoutSeconds ?? defaultTimeoutSeconds,
    tolerations: [...(spec.tolerations ?? []), virtualNodeToleration],
  };
}

/** Runtime class and affinity by configuration, where the Revision has none of its own. */
function placement({ metadata, spec }: Revision, deployment: ServingConfig['deployment']): Partial<PodSpec> {
  const runtimeClassName =
    spec['runtimeClassName'] ?? runtimeClassFor(deployment.runtimeClasses, metadata.labels ?? {});
  const spread = deployment.defaultAffinityType === 'prefer-spread-revision-over-nodes';
  const affinity = spec['affinity'] ?? (spread ? spreadOverNodes(metadata.name ?? '') : undefined);
  return {
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(affinity === undefined ? {} : { affinity }),
  };
}

/** Rather not on a node that has a pod of the same Revision. */
function spreadOverNodes(revisionName: string): object {
  const podAffinityTerm = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: { [keys.revision]: revisionName } },
  };
  return { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] } };
}
