import type { CoreCondition, Node } from '@ebb/api';

/** What makes one virtual node different from another. */
export interface NodeFacts {
  readonly nodeName: string;
  readonly regionId: string;
  readonly zone: string;
  /** Address under which the API server reaches the kubelet API. */
  readonly address: string;
  readonly kubeletPort: number;
  /** Whether the cloud answered when last asked, and if not, what it said. */
  readonly cloud: { readonly reachable: boolean; readonly message: string };
}

/** Never the limit before the cloud's quota is (serverless-node.md, section 1.1). */
const capacity = { cpu: '192000', memory: '640Ti', pods: '20000', 'ephemeral-storage': '1Pi' };

/** The taint that keeps pods away which did not ask for a virtual node. */
const taint = { key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' };

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** The Node as it is registered, with labels and taint as ACK gives them (serverless-node.md, section 1.1). */
export function makeNode({ nodeName, regionId, zone }: NodeFacts): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        type: 'virtual-kubelet',
        'kubernetes.io/role': 'agent',
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': regionId,
        'topology.kubernetes.io/zone': zone,
        'service.beta.kubernetes.io/exclude-node': 'true',
      },
    },
    spec: { taints: [taint], providerID: `alicloud-eci://${regionId}/${nodeName}` },
  };
}

/**
 * The Node's status. Ready as long as this process lives: trouble with the cloud is a condition of its own, since a Node
 * that is not Ready would have its pods evicted for it.
 */
export function makeNodeStatus(facts: NodeFacts, old: Node['status'], now: string): NonNullable<Node['status']> {
  const { address, kubeletPort, cloud, nodeName } = facts;
  const conditions = [
    condition('Ready', 'True', 'KubeletReady', 'the virtual node is ready'),
    ...pressures.map((type) => condition(type, 'False', `KubeletHasNo${type}`, 'a virtual node has no such limit')),
    condition('NetworkUnavailable', 'False', 'RouteCreated', 'each pod has an address of its own'),
    condition(
      'CloudReachable',
      cloud.reachable ? 'True' : 'False',
      cloud.reachable ? 'Answers' : 'CallFailed',
      cloud.message,
    ),
  ];
  return {
    capacity,
    allocatable: capacity,
    conditions: conditions.map((each) => stamp(each, old?.conditions, now)),
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
