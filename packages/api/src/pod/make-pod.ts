import type { Container, EnvVar, Pod, PodSpec, Probe } from '../core.ts';
import { keys } from '../keys.ts';
import type { Revision } from '../serving.ts';
import { servingContainer, userPortOf, withPort } from './serving-container.ts';

export interface PodOptions {
  readonly revision: Revision;
  readonly podName: string;
  /** The node to bind the pod to; left out, a scheduler chooses one. */
  readonly nodeName?: string | undefined;
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
 * An instance of a Revision (serving-api.md, section 17), without Knative's sidecar: the gateway does what that is for. The
 * readiness probe stays with the pod, but no kubelet can probe more often than each second.
 */
export function makePod({ revision, podName, nodeName }: PodOptions): Pod {
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
    spec: podSpec(revision, nodeName),
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

function podSpec(revision: Revision, nodeName: string | undefined): PodSpec {
  const {
    containerConcurrency: _c,
    timeoutSeconds,
    responseStartTimeoutSeconds: _r,
    idleTimeoutSeconds: _i,
    ...spec
  } = revision.spec;
  return {
    ...spec,
    containers: spec.containers.map((container) => podContainer(container, revision)),
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((container) => podContainer(container, revision)),
    }),
    ...(nodeName === undefined ? {} : { nodeName }),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: timeoutSeconds ?? defaultTimeoutSeconds,
    tolerations: [...(spec.tolerations ?? []), virtualNodeToleration],
  };
}

function podContainer(container: Container, revision: Revision): Container {
  const serving = container === servingContainer(revision.spec);
  const userPort = userPortOf(revision.spec);
  const { containerStatuses = [], initContainerStatuses = [] } = revision.status ?? {};
  const digest = [...containerStatuses, ...initContainerStatuses].find(
    ({ name }) => name === container.name,
  )?.imageDigest;
  const { readinessProbe, livenessProbe, startupProbe } = container;
  return {
    ...container,
    ...(digest ? { image: digest } : {}),
    env: [
      ...(container.env ?? []),
      ...(serving ? [{ name: 'PORT', value: String(userPort) }] : []),
      ...knativeEnv(revision),
    ],
    ...(serving ? { ports: [{ name: 'user-port', containerPort: userPort, protocol: 'TCP' }] } : {}),
    ...(readinessProbe ? { readinessProbe: kubeletProbe(readinessProbe, userPort) } : {}),
    ...(livenessProbe ? { livenessProbe: withPort(livenessProbe, userPort) } : {}),
    ...(startupProbe ? { startupProbe: withPort(startupProbe, userPort) } : {}),
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'FallbackToLogsOnError',
    stdin: false,
    tty: false,
  };
}

/** A readiness probe as a kubelet takes it: the port a number, the period at least a second. Other probes have Kubernetes' periods. */
function kubeletProbe(probe: Probe, userPort: number): Probe {
  const resolved = withPort(probe, userPort);
  return resolved.periodSeconds ? resolved : { ...resolved, periodSeconds: 1 };
}

function knativeEnv({ metadata }: Revision): EnvVar[] {
  const { name = '', labels = {} } = metadata;
  return [
    { name: 'K_REVISION', value: name },
    { name: 'K_CONFIGURATION', value: labels[keys.configuration] ?? '' },
    { name: 'K_SERVICE', value: labels[keys.service] ?? '' },
  ];
}
