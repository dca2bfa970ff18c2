import { setMaxListeners } from 'node:events';
import { type Ingress, keyOf, systemNamespace } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import {
  type Informer,
  type KubeClient,
  type LeaseTiming,
  type Reconciler,
  backoffMs,
  createReconciler,
  runWithLease,
} from '@ebb/kube';
import type { CompiledIngress, RoutingTable } from '@ebb/router';
import { type GatewayAddresses, statusLease } from './gateway-lease.ts';
import { reconcileIngressStatus } from './ingress-status.ts';
import { Prober } from './prober.ts';

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1): spread of retries. */
  readonly random: () => number;
  readonly ingresses: Informer<Ingress>;
  readonly table: () => RoutingTable;
  /** False as long as something is to be found out about an Ingress, as what its Secrets hold. */
  readonly knows: (ingress: CompiledIngress) => boolean;
  /** Every other gateway that must serve an Ingress before it is Ready: those there are after the call. */
  readonly gateways: () => Promise<readonly GatewayAddresses[]>;
  /** Where there are several gateways: the Lease by which one of them writes. */
  readonly lease?: { readonly identity: string; readonly timing?: Partial<LeaseTiming> | undefined } | undefined;
}

/** Ingresses looked at side by side; each waits for a few answers. */
const workers = 32;
/** Between one look and the next at an Ingress that is not served everywhere yet. */
const retry = { baseMs: 20, capMs: 500 };
/** After a failure to read or write. */
const backoff = { baseMs: 20, capMs: 5_000 };

/** Writes the status of Ingresses, or leaves that to another gateway that holds the lease. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #tries = new Map<string, number>();
  #reconciler: Reconciler | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Says that an Ingress or what it depends upon has changed. */
  enqueue(key: string): void {
    this.#reconciler?.enqueue(key);
  }

  /** Works until aborted; rejects if it fails for good. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { client, clock, logger, lease } = this.#options;
    if (!lease) return this.#write(signal);
    const { identity, timing } = lease;
    const options = { client, clock, logger, namespace: systemNamespace, name: statusLease, identity, ...timing };
    await runWithLease(options, (context) => this.#write(context.signal), { signal });
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { clock, logger, random, ingresses } = this.#options;
    setMaxListeners(0, signal); // one for each Ingress looked at
    using prober = new Prober(clock);
    const options = { ...this.#options, prober };
    const reconciler = createReconciler({
      clock,
      logger,
      random,
      name: 'ingress-status',
      workers,
      backoff,
      reconcile: async (key, context) => {
        const done = await reconcileIngressStatus(options, key, context);
        return done ? void this.#tries.delete(key) : { requeueAfterMs: this.#waitFor(key) };
      },
    });
    this.#reconciler = reconciler;
    for (const ingress of ingresses.list()) reconciler.enqueue(keyOf(ingress));
    try {
      await reconciler.run({ signal });
    } finally {
      this.#reconciler = undefined;
      this.#tries.clear();
    }
  }

  #waitFor(key: string): number {
    const tries = (this.#tries.get(key) ?? 0) + 1;
    this.#tries.set(key, tries);
    return backoffMs(retry, tries, this.#options.random);
  }
}
