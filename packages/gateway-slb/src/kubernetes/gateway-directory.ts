import { type Lease, isConflict, isNotFound, resources, systemNamespace } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { isLeaving } from '../peers/roll.ts';
import { type GatewayAddresses, gatewaySelector, readAddresses } from './gateway-lease.ts';

export interface GatewayDirectoryOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name of the Lease that is one's own. */
  readonly except: string;
}

/** A Lease as it was last seen to change, and when by our own clock: the clocks of gateways are not compared. */
interface Seen {
  readonly record: string;
  readonly at: number;
}

/** The Lease of a gateway silent for so long is deleted. */
const forgottenMs = 60_000;

/** Which other gateways take requests, by their Leases. One whose Lease has run out, or that goes, counts no more. */
export class GatewayDirectory {
  readonly #options: GatewayDirectoryOptions;
  readonly #seen = new Map<string, Seen>();
  #listing: Promise<unknown> = Promise.resolve();
  #next: Promise<readonly GatewayAddresses[]> | undefined;

  constructor(options: GatewayDirectoryOptions) {
    this.#options = options;
  }

  /**
   * The gateways alive at some moment after this call: the server is asked anew, once for all who ask while an answer is on its
   * way. So whoever is not in it announced itself later, and has read what there was to serve later still.
   */
  alive(): Promise<readonly GatewayAddresses[]> {
    this.#next ??= this.#listing.then(() => {
      this.#next = undefined;
      const listed = this.#list();
      this.#listing = listed.catch(() => {}); // whoever asked hears of it
      return listed;
    });
    return this.#next;
  }

  async #list(): Promise<readonly GatewayAddresses[]> {
    const { client, clock, except } = this.#options;
    const { items } = await client.list(resources.leases, {
      namespace: systemNamespace,
      labelSelector: gatewaySelector,
    });
    const now = clock.now();
    const alive = items.filter(
      (lease) => lease.metadata.name !== except && this.#isAlive(lease, now) && !isLeaving(lease),
    );
    const names = new Set(items.map(({ metadata }) => metadata.name ?? ''));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    return alive.map(readAddresses);
  }

  #isAlive(lease: Lease, now: number): boolean {
    const { name = '', uid = '' } = lease.metadata;
    const { holderIdentity = '', renewTime = '', leaseDurationSeconds = 0 } = lease.spec ?? {};
    const record = `${uid} ${holderIdentity} ${renewTime}`;
    const known = this.#seen.get(name);
    const seen = known?.record === record ? known : { record, at: now };
    this.#seen.set(name, seen);
    const silentMs = now - seen.at;
    if (silentMs > forgottenMs) this.#delete(lease);
    return silentMs <= leaseDurationSeconds * 1000;
  }

  #delete({ metadata: { name = '', resourceVersion } }: Lease): void {
    const { client, logger } = this.#options;
    const preconditions = { resourceVersion };
    client.delete(resources.leases, { namespace: systemNamespace, name }, { preconditions }).catch((error: unknown) => {
      if (isNotFound(error) || isConflict(error)) return; // gone, or come back
      logger.warn({ lease: name, error: messageOf(error) }, 'the lease of a gateway that is gone could not be deleted');
    });
  }
}
