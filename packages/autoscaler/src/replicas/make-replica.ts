import { type Container, type Pod, type Revision, keys, makePod } from '@ebb/api';
import { podNameFor } from './pod-name.ts';
import type { PodConfig } from './pod-settings.ts';
import type { PodKind } from './replica-control.ts';

/** What a pod is to be. */
export interface ReplicaOptions {
  readonly revision: Revision;
  readonly nodeName: string;
  readonly config: PodConfig;
  readonly kind: PodKind;
  /** ECI types of a reserved pod, tried in order. */
  readonly reserveSpecs: string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** Annotations that make a spot pod (serverless-node.md, section 3.2): at the market's price, a standard one where there is no spot. */
const spotAnnotations = {
  'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo',
  'k8s.aliyun.com/eci-spot-fallback': 'true',
};

/** A pod of a revision, bound to a node, of a kind. */
export function makeReplica({ revision, nodeName, config, kind, reserveSpecs, random }: ReplicaOptions): Pod {
  const { name = '' } = revision.metadata;
  if (kind === 'reserve') {
    const podName = podNameFor(name, random, 'reserve-');
    const pod = marked(makePod({ revision, podName, nodeName, config }), kind, {
      'k8s.aliyun.com/eci-use-specs': reserveSpecs,
    });
    // The type says how much it has; what the standard pods ask for would not fit.
    return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(withoutResources) } };
  }
  const pod = makePod({ revision, podName: podNameFor(name, random), nodeName, config });
  return kind === 'spot' ? marked(pod, kind, spotAnnotations) : pod;
}

function marked(pod: Pod, kind: PodKind, annotations: Readonly<Record<string, string>>): Pod {
  const { metadata } = pod;
  const labels = { ...metadata.labels, [keys.podKind]: kind };
  return { ...pod, metadata: { ...metadata, labels, annotations: { ...metadata.annotations, ...annotations } } };
}

function withoutResources({ resources: _resources, ...container }: Container): Container {
  return container;
}
