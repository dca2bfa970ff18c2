import {
  type Ingress,
  type IngressPath,
  type IngressRule,
  type IngressSplit,
  type NetworkConfig,
  type Route,
  childName,
  keys,
  resources,
  revisionSplit,
} from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { httpOptionOf, ingressAnnotations } from '../../ingress.ts';
import type { TrafficGroup } from '../groups.ts';
import type { GroupAddress } from '../hosts.ts';
import type { Rollout } from '../rollout/rollout.ts';

/** A group of targets and where it is found. */
export type AddressedGroup = TrafficGroup & { readonly address: GroupAddress };

export interface IngressOptions {
  readonly route: Route;
  /** The default group first. */
  readonly groups: readonly AddressedGroup[];
  readonly network: NetworkConfig;
  /** Lets a request to the default host choose a tag by header. */
  readonly tagHeaders: boolean;
  readonly rollout: Rollout;
}

/** The header by which a request chooses a tag, and by which an app learns of it. */
const tagHeader = 'Knative-Serving-Tag';
const defaultRouteHeader = 'Knative-Serving-Default-Route';

const servicePorts = { http1: 80, h2c: 81 } as const;

/** The routing table of a Route (serving-api.md, section 19.4; data-path.md, section 4.2). */
export function makeIngress(options: IngressOptions): Ingress {
  const { name = '', namespace = '', labels } = options.route.metadata;
  return {
    apiVersion: 'networking.internal.knative.dev/v1alpha1',
    kind: 'Ingress',
    metadata: {
      name: childName(name, ''),
      namespace,
      labels: { ...labels, [keys.route]: name, [keys.routeNamespace]: namespace },
      annotations: makeAnnotations(options),
      ownerReferences: [ownerReferenceOf(options.route, resources.routes)],
    },
    spec: {
      httpOption: httpOptionOf(options.route, options.network),
      rules: options.groups.flatMap((group) => makeRules(group, options)),
    },
  };
}

function makeAnnotations({ route, groups, network, rollout }: IngressOptions): Record<string, string> {
  const tagToHost = Object.fromEntries(
    groups.filter(({ tag }) => tag !== '').map(({ tag, address }) => [tag, allHosts(address)]),
  );
  return {
    ...ingressAnnotations(route, network),
    [keys.rollout]: JSON.stringify(rollout),
    ...(Object.keys(tagToHost).length === 0 ? {} : { [keys.tagToHost]: JSON.stringify(tagToHost) }),
  };
}

function allHosts({ localHosts, host, public: isPublic }: GroupAddress): readonly string[] {
  return isPublic ? [...localHosts, host] : localHosts;
}

function makeRules(group: AddressedGroup, options: IngressOptions): IngressRule[] {
  const { address } = group;
  const paths = makePaths(group, options);
  const local: IngressRule = { hosts: [...address.localHosts], visibility: 'ClusterLocal', http: { paths } };
  const external: IngressRule = { hosts: [address.host], visibility: 'ExternalIP', http: { paths } };
  return address.public ? [local, external] : [local];
}

function makePaths(group: AddressedGroup, { route, groups, tagHeaders }: IngressOptions): IngressPath[] {
  const { namespace = '' } = route.metadata;
  const splits = makeSplits(group, namespace);
  if (!tagHeaders) return [{ splits }];
  if (group.tag !== '') return [{ splits, appendHeaders: { [tagHeader]: group.tag } }];
  const tagged = groups.filter(({ tag }) => tag !== '');
  const byTag = tagged.map((other) => ({
    splits: makeSplits(other, namespace),
    headers: { [tagHeader]: { exact: other.tag } },
  }));
  return [...byTag, { splits, appendHeaders: { [defaultRouteHeader]: 'true' } }];
}

function makeSplits(group: TrafficGroup, namespace: string): IngressSplit[] {
  return group.splits
    .filter(({ percent }) => percent > 0)
    .map(({ revisionName: name, percent, protocol }) =>
      revisionSplit({ namespace, name }, percent, servicePorts[protocol]),
    );
}
