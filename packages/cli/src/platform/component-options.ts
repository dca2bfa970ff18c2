import type { Clock, Logger } from '@ebb/base';
import type { WorkerChannel } from '@ebb/gateway-slb';
import type { KubeClient, KubeconfigSource, LeaseTiming } from '@ebb/kube';
import type { EciAccess, KubeletOptions } from '@ebb/virtual-node';

/** The parts of Ebb that run beside a Kubernetes API. */
export const componentNames = ['controller', 'webhook', 'autoscaler', 'virtual-node', 'gateway'] as const;
export type ComponentName = (typeof componentNames)[number];

/** Where something listens; `strict` if the port was asked for and no other will do. */
export interface ListenAt {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly strict: boolean;
}

export interface HttpsSettings {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  readonly port: number;
  /** Shown for hosts that have none, texts in PEM. Default: that of a Secret. */
  readonly certificate?: { readonly certificate: string; readonly key: string } | undefined;
  /** Where clients reach it, if elsewhere than at 443. */
  readonly externalPort?: number | undefined;
}

export interface GatewaySettings {
  /** For requests from outside over TLS; default: none. */
  readonly https?: HttpsSettings | undefined;
  /** Unique among the gateways of the cluster. */
  readonly name: string;
  readonly public: ListenAt;
  /** For requests from inside the cluster. */
  readonly private: ListenAt;
  /** The way to the process whose worker it is: one of several that share their ports. Default: it is alone. */
  readonly main?: WorkerChannel | undefined;
}

export interface VirtualNodeSettings {
  readonly eci: EciAccess;
  readonly nodeName: string;
  /** Zone whose vSwitch its pods are put in. */
  readonly zone: string;
  readonly kubelet: KubeletOptions;
  /** Keep to ECI's published limits of calls. Default: yes, but for an ECI of this machine. */
  readonly limited?: boolean | undefined;
}

export interface WebhookSettings {
  readonly host: string;
  readonly port: number;
  /** Where API servers call it outside a cluster. Default: by its Service. */
  readonly url?: string | undefined;
}

/** What a process must say of itself where there may be others like it. */
export interface ReplicaSettings {
  /** Unique among all processes: who holds leases. */
  readonly identity: string;
  readonly timing: Partial<LeaseTiming>;
  /** Host or address at which the others reach this one. */
  readonly advertise: string;
  /** Where the autoscaler takes the reports of gateways in other processes. */
  readonly stats: ListenAt;
}

export interface ComponentsOptions {
  /** Which cluster, as whom: that of a kubeconfig, or one that opens a client for the component of that name. */
  readonly cluster: KubeconfigSource | ((component: string) => KubeClient);
  /** Which parts. Default: all whose settings are given. */
  readonly components?: readonly ComponentName[] | undefined;
  readonly gateway?: GatewaySettings | undefined;
  readonly virtualNode?: VirtualNodeSettings | undefined;
  readonly webhook?: WebhookSettings | undefined;
  /** Without it this process is the only one at work: it takes no Lease, and its gateway tells its autoscaler by a call. */
  readonly replica?: ReplicaSettings | undefined;
  /** The image by its digest, for images that this machine makes; others are run by their tag. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}
