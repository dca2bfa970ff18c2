export { type VirtualNodes, type VirtualNodesOptions, createVirtualNodes } from './fleet/virtual-nodes.ts';
export { type Placer, type PlacerOptions, createPlacer } from './placement/placer.ts';
export type { EciAccess } from './eci/access.ts';
export type { CredentialSource, EciCredentials } from './eci/credentials.ts';
export type { KubeletOptions } from './kubelet/kubelet-server.ts';
export { groupResources } from './pods/group-resources.ts';
export type { InstanceUsage } from './usage/instance-usage.ts';
export { readUsage } from './usage/usage-maps.ts';
