import { type CoreService, type Route, keys, resources } from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { without } from '../../metadata.ts';
import type { GroupAddress } from '../hosts.ts';

/**
 * The Service that gives a group of targets its name in the cluster's DNS, and holds that name against other Routes
 * (serving-api.md, section 19.4).
 */
export function makePlaceholder(route: Route, { serviceName, host }: GroupAddress): CoreService {
  const { name = '', namespace = '', labels, annotations } = route.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceName,
      namespace,
      labels: { ...without(labels, [keys.visibility]), [keys.route]: name },
      annotations: without(annotations, [keys.lastApplied]),
      ownerReferences: [ownerReferenceOf(route, resources.routes)],
    },
    spec: {
      type: 'ExternalName',
      externalName: host,
      sessionAffinity: 'None',
      ports: [{ name: 'http2', port: 80, targetPort: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
    },
  };
}

/** The live placeholder made right: labels and annotations are united and never taken away, the spec is replaced. */
export function fixPlaceholder(live: CoreService, desired: CoreService): CoreService {
  return {
    ...live,
    metadata: {
      ...live.metadata,
      labels: { ...live.metadata.labels, ...desired.metadata.labels },
      annotations: { ...live.metadata.annotations, ...desired.metadata.annotations },
    },
    spec: { ...live.spec, ...desired.spec },
  };
}
