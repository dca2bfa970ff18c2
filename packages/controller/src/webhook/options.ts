import type { Clock, Logger } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';

export interface WebhookOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1; spreads retries. */
  readonly random: () => number;
  /** Address to listen on; `0.0.0.0` in a pod. */
  readonly host: string;
  /** Port to listen on, TLS; 0 for any free one. */
  readonly port: number;
  /**
   * `https://<host>:<port>` where API servers call a webhook that runs outside the cluster; the webhook configurations are then
   * made if they are not there. Default: they call by the Service `webhook` in `knative-serving`, with the configurations of `deploy/`.
   */
  readonly url?: string | undefined;
  /** How long a certificate is good for; it is renewed when two thirds are over. Default: 90 days. */
  readonly certificateLifetimeMs?: number | undefined;
  /** How long API servers have to learn of a new authority, and replicas to stop using the old one. Default: 10 minutes. */
  readonly certificateOverlapMs?: number | undefined;
}
