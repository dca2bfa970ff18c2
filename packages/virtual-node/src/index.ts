export { type VirtualNode, type VirtualNodeOptions, createVirtualNode } from './virtual-node.ts';
export type { EciAccess } from './eci/eci.ts';
export type { KubeletOptions } from './kubelet/kubelet-server.ts';
export { groupResources } from './pods/group-resources.ts';
