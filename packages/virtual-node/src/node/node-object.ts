import type { CoreCondition, Node } from '@ebb/api';
import type { CloudState } from '../pods/status-sync.ts';

/** What makes one virtual node different from another. */
export interface NodeFacts {
  readonly nodeName: string;
  /** The process's own node name: by it the nodes of one process are known again. */
  readonly fleet: string;
  /** vSwitches of the zone its groups are made in. */
  readonly vSwitchIds: readonly string[];
  readonly regionId: string;
  readonly zone: string;
  /** Address under which the API server reaches the kubelet API. */
  readonly address: string;
  readonly kubeletPort: number;
  /** How the cloud's API fared when last called. */
  readonly cloud: CloudState;
  /** Why pods had better be bound elsewhere for now; undefined if they need not. */
  readonly outOf: string | undefined;
  /** Its zone was taken out of the profile: it takes no new pods, and goes with its last one. */
  readonly isRetiring: boolean;
}

export const outOfStock = 'OutOfStock';
export const fleetLabel = 'ebb.dev/virtual-nodes-of';
export const vSwitchesAnnotation = 'ebb.dev/vswitch-ids';
export const zoneLabel = 'topology.kubernetes.io/zone';

/** Never the limit before the cloud's quota is (serverless-node.md, section 1.1). */
const capacity = { cpu: '192000', memory: '640Ti', pods: '20000', 'ephemeral-storage': '1Pi' };

/** The taint that keeps pods away which did not ask for a virtual node. */
export const providerTaint = { key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' };

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** Schedulers prefer other nodes as long as there is it. */
const stockTaint = { key: 'ebb.dev/out-of-stock', value: 'true', effect: 'PreferNoSchedule' };
const ourTaints: ReadonlySet<string> = new Set([providerTaint.key, stockTaint.key]);

type Taints = NonNullable<NonNullable<Node['spec']>['taints']>;

/** The taints the Node is to have: ours, and those others gave it. */
export function taintsOf({ outOf }: Pick<NodeFacts, 'outOf'>, old: Taints = []): Taints {
  const others = old.filter(({ key }) => !ourTaints.has(key));
  return [providerTaint, ...(outOf === undefined ? [] : [stockTaint]), ...others];
}

/** The Node as it is registered, with labels and taint as ACK gives them (serverless-node.md, section 1.1). */
export function makeNode(facts: NodeFacts): Node {
  const { nodeName, fleet, vSwitchIds, regionId, zone } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      annotations: { [vSwitchesAnnotation]: vSwitchIds.join(',') },
      labels: {
        [fleetLabel]: fleet.slice(0, 63),
        type: 'virtual-kubelet',
        'kubernetes.io/role': 'agent',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': regionId,
        [zoneLabel]: zone,
        'failure-domain.beta.kubernetes.io/region': regionId,
        'failure-domain.beta.kubernetes.io/zone': zone,
        'alpha.service-controller.kubernetes.io/exclude-balancer': 'true',
        'service.beta.kubernetes.io/exclude-node': 'true',
      },
    },
    spec: { taints: taintsOf(facts), providerID: `alicloud-eci://${regionId}/${nodeName}` },
  };
}

/**
 * The Node's status. Ready as long as this process lives: trouble with the cloud is a condition of its own, since a Node
 * that is not Ready would have its pods evicted for it.
 */
export function makeNodeStatus(facts: NodeFacts, old: Node['status'], now: string): NonNullable<Node['status']> {
  const { address, kubeletPort, cloud, nodeName, outOf } = facts;
  const conditions = [
    condition('Ready', 'True', 'KubeletReady', 'the virtual node is ready'),
    ...pressures.map((type) => condition(type, 'False', `KubeletHasNo${type}`, 'a virtual node has no such limit')),
    condition('NetworkUnavailable', 'False', 'RouteCreated', 'each pod has an address of its own'),
    condition('CloudReachable', cloud.reachable ? 'True' : 'False', cloud.reason, cloud.message),
    condition(
      outOfStock,
      outOf === undefined ? 'False' : 'True',
      outOf === undefined ? 'InStock' : 'NoStock',
      outOf ?? '',
    ),
  ];
  const ours = new Set(conditions.map(({ type }) => type));
  const others = (old?.conditions ?? []).filter(({ type }) => !ours.has(type));
  return {
    capacity,
    allocatable: capacity,
    conditions: [...conditions.map((each) => stamp(each, old?.conditions, now)), ...others],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      kubeletVersion: 'v1.32.0-ebb',
      kubeProxyVersion: '',
      containerRuntimeVersion: 'eci://2018-08-08',
      osImage: '<unknown>',
      kernelVersion: '<unknown>',
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  };
}

function condition(type: string, status: 'True' | 'False', reason: string, message: string): CoreCondition {
  return { type, status, reason, message };
}

function stamp(next: CoreCondition, old: readonly CoreCondition[] | undefined, now: string): CoreCondition {
  const before = old?.find(({ type, status }) => type === next.type && status === next.status);
  return { ...next, lastHeartbeatTime: now, lastTransitionTime: before?.lastTransitionTime ?? now };
}
