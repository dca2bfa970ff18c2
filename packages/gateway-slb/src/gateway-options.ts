import type { ActivatorLimits } from '@ebb/activator';
import type { StatSink } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import type { KubeClient, LeaseTiming } from '@ebb/kube';
import type { KeyPair } from './edge/certificate.ts';
import type { HttpLimits, ListenAddress } from './http/listen.ts';
import type { OwnListeners } from './http/open-data-plane.ts';
import type { StatDeliveries } from './metrics/metrics-report.ts';
import type { WorkerChannel } from './workers/messages.ts';

/** How several gateways of one cluster know of each other. */
export interface PeerOptions {
  /** Host or address at which the others reach this one. */
  readonly advertise: string;
  /** How long a gateway that has died holds up what becomes Ready, in seconds. Default 10. */
  readonly leaseDurationSeconds?: number | undefined;
  /**
   * With what they prove themselves to each other when one needs slots of a pod that another has. Without it, or while undefined,
   * none lends any.
   */
  readonly token?: (() => string | undefined) | undefined;
  /** Where this one lends slots; port 0 takes any. Default: any port, at the host of the private listener, or of the public one. */
  readonly lending?: ListenAddress | undefined;
  /** Of the Lease by which one of them writes the status of Ingresses. */
  readonly timing?: Partial<LeaseTiming> | undefined;
}

export interface HttpsOptions extends ListenAddress {
  /** Shown for hosts that have none. Default: that of the Secret `knative-serving/ebb-gateway-certificate`. */
  readonly certificate?: KeyPair | undefined;
  /** Where clients reach it, for redirects. Default 443. */
  readonly externalPort?: number | undefined;
}

export interface GatewayOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Under which it reports to the autoscaler and announces itself; no two gateways may have the same. */
  readonly name: string;
  /** Where there may be other gateways. Without it, this is the only one, and takes no Lease. */
  readonly peers?: PeerOptions | undefined;
  /** Port 0 takes any. Without a private listener, cluster-local hosts are not served. */
  readonly listeners: {
    readonly public: ListenAddress;
    readonly private?: ListenAddress | undefined;
    /**
     * What this gateway alone listens on, where it is one of several workers that share the other listeners (node:cluster): others must
     * be able to ask just this one.
     */
    readonly own?: OwnListeners | undefined;
    /** For the world over TLS. Without it, no Secret is read. */
    readonly https?: HttpsOptions | undefined;
  };
  /** To the process whose worker this gateway is: it adds up what its workers count, and keeps count of rates for them. */
  readonly main?: WorkerChannel | undefined;
  readonly sendStats: StatSink;
  /**
   * Resolves when the autoscaler has heard of this gateway. Waited for before it is ready, three seconds at most: until then a pod it uses might
   * be taken for idle.
   */
  readonly heard?: Promise<void> | undefined;
  /** How `sendStats` has fared. Default: all reports arrive. */
  readonly deliveries?: (() => StatDeliveries) | undefined;
  readonly limits?: (Partial<HttpLimits> & Partial<ActivatorLimits>) | undefined;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string | undefined;
}

/** A gateway that takes requests. */
export interface Gateway extends AsyncDisposable {
  readonly publicAddress: ListenAddress;
  readonly privateAddress: ListenAddress | undefined;
  readonly httpsAddress: ListenAddress | undefined;
  /** Resolves once it knows all Ingresses, Revisions and Pods. Until then a host it does not know gets 503, not 404. */
  readonly ready: Promise<void>;
  /** Tells what it has done and does; without what other workers of the same process do. */
  metrics(out: Exposition): void;
  /** Takes no new connection, waits until all requests are answered, at most `graceMs`, and ends. */
  close(options: { readonly graceMs: number }): Promise<void>;
}
