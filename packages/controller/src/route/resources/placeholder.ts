import { type CoreService, type Endpoints, type LoadBalancerStatus, type Route, keys, resources } from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { without } from '../../metadata.ts';
import type { GroupAddress } from '../hosts.ts';

/** One way into a gateway. */
export type LoadBalancer = NonNullable<LoadBalancerStatus['ingress']>[0];

type ServiceSpec = NonNullable<CoreService['spec']>;

const port = { name: 'http2', port: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' };

/**
 * The Service that gives a group of targets its name in the cluster's DNS, and holds that name against other Routes
 * (serving-api.md, section 19.4). It leads to the gateway that serves the group; while none is known, to the group's host.
 */
export function makePlaceholder(
  route: Route,
  { serviceName, host }: GroupAddress,
  balancer: LoadBalancer | undefined,
): CoreService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: makeMetadata(route, serviceName),
    spec: balancer ? specBehind(balancer) : externalName(host),
  };
}

function makeMetadata(route: Route, serviceName: string): CoreService['metadata'] {
  const { name = '', namespace = '', labels, annotations } = route.metadata;
  return {
    name: serviceName,
    namespace,
    labels: { ...without(labels, [keys.visibility]), [keys.route]: name },
    annotations: without(annotations, [keys.lastApplied]),
    ownerReferences: [ownerReferenceOf(route, resources.routes)],
  };
}

function specBehind({ ip, domainInternal, domain }: LoadBalancer): ServiceSpec {
  if (ip)
    return { type: 'ClusterIP', clusterIP: 'None', sessionAffinity: 'None', ports: [{ ...port, targetPort: 80 }] };
  const name = domainInternal || domain;
  if (name) return externalName(name);
  // Only a mesh: it needs a name with an address, and finds the way itself.
  return {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ports: [{ name: 'http', port: 80, targetPort: 80, protocol: 'TCP' }],
  };
}

function externalName(host: string): ServiceSpec {
  return { type: 'ExternalName', externalName: host, sessionAffinity: 'None', ports: [{ ...port, targetPort: 80 }] };
}

/** What a headless placeholder leads to; `undefined` where the gateway has a name. */
export function makeEndpoints(
  route: Route,
  { serviceName }: GroupAddress,
  balancer: LoadBalancer | undefined,
): Endpoints | undefined {
  if (!balancer?.ip) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: makeMetadata(route, serviceName),
    subsets: [{ addresses: [{ ip: balancer.ip }], ports: [port] }],
  };
}

/**
 * The live placeholder made right: labels and annotations are united and never taken away, the spec is replaced but for what
 * the API server has filled in.
 */
export function fixPlaceholder(live: CoreService, desired: CoreService): CoreService {
  const kept = live.spec?.type === desired.spec?.type ? live.spec : {};
  return { ...unite(live, desired), spec: { ...kept, ...desired.spec } };
}

/** The live Endpoints made right. */
export function fixEndpoints(live: Endpoints, desired: Endpoints): Endpoints {
  return { ...unite(live, desired), ...(desired.subsets ? { subsets: desired.subsets } : {}) };
}

function unite<T extends CoreService | Endpoints>(live: T, { metadata: { labels, annotations } }: T): T {
  return {
    ...live,
    metadata: {
      ...live.metadata,
      labels: { ...live.metadata.labels, ...labels },
      annotations: { ...live.metadata.annotations, ...annotations },
    },
  };
}
