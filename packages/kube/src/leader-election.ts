import { type Lease, isAlreadyExists, isConflict, isNotFound, resources, type KubeClient } from '@ebb/api';
import { type Clock, type LinkedSignal, type Logger, linkSignals, messageOf } from '@ebb/base';
import { toMicroTime } from './micro-time.ts';

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the contenders: a host name and a random part, say. */
  readonly identity: string;
  /** How long the others wait after the holder's last sign of life. Default 15. */
  readonly leaseDurationSeconds?: number | undefined;
  /** How long the holder goes on without managing to renew; less than the duration. Default 10. */
  readonly renewDeadlineSeconds?: number | undefined;
  /** Time between tries to get or to renew the lease. Default 2. */
  readonly retryPeriodSeconds?: number | undefined;
  /** What the holder says of itself on the Lease: an address, say. They stay until the next holder takes over. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Told whenever a holder, oneself or another, is first seen. */
  readonly onHolder?: ((identity: string) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Runs `lead` while holding a Lease, so that of all contenders one leads at a time. When the lease is lost the signal given
 * to `lead` aborts, and once it has settled the contest begins anew. Settles when `signal` aborts or `lead` ends by itself,
 * in both cases giving the lease back; rejects with what `lead` throws of its own.
 */
export async function runWithLease(
  options: LeaseOptions,
  lead: (context: { readonly signal: AbortSignal }) => Promise<void>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const { logger, identity, name } = options;
  const lease = new LeaseHolder(options);
  while (await lease.acquire(signal)) {
    logger.info({ lease: name, identity }, 'leading');
    const end = await leadWhileHeld(lease, lead, signal);
    if (end === 'done') return;
    logger.warn({ lease: name, identity }, 'no longer leading');
  }
  await lease.release(); // the stop may have come while the lease was being taken
}

async function leadWhileHeld(
  lease: LeaseHolder,
  lead: (context: { readonly signal: AbortSignal }) => Promise<void>,
  signal: AbortSignal,
): Promise<'done' | 'lost'> {
  const link = linkSignals(signal);
  const renewing = lease.renewUntilLost(link);
  try {
    await lead({ signal: link.signal });
    return link.signal.aborted && !signal.aborted ? 'lost' : 'done';
  } catch (error) {
    if (signal.aborted) return 'done';
    if (link.signal.aborted) return 'lost';
    throw error;
  } finally {
    link.abort();
    link[Symbol.dispose]();
    if (await renewing) await lease.release();
  }
}

interface Seen {
  readonly record: string;
  readonly holder: string;
  readonly durationMs: number;
  readonly at: number;
}

/** Longest a stop waits for the lease to be given back; without that the others wait until it runs out. */
const releaseMs = 5000;

/** How often a write that met another's is tried anew before the lease counts as lost. */
const conflictsBorne = 3;

class LeaseHolder {
  readonly #options: LeaseOptions;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  /** The record as last seen to change, and when by our own clock: clocks of contenders are not compared. */
  #seen: Seen | undefined;
  #holder = '';
  #renewedAt = 0;
  /** True while the lease may be ours, be it by a write whose answer was not heard. */
  #mayHold = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    const { leaseDurationSeconds = 15, renewDeadlineSeconds = 10, retryPeriodSeconds = 2 } = options;
    this.#durationMs = leaseDurationSeconds * 1000;
    this.#deadlineMs = renewDeadlineSeconds * 1000;
    this.#retryMs = retryPeriodSeconds * 1000;
  }

  /** Tries until the lease is held (true) or `signal` aborts (false). */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        if (await this.#try(signal)) return true;
        await this.#options.clock.sleep(this.#retryMs, { signal });
      } catch (error) {
        if (signal.aborted) return false;
        this.#warn(error);
        await this.#options.clock.sleep(this.#retryMs, { signal }).catch(() => {}); // the loop sees the abort
      }
    }
    return false;
  }

  /** Renews until `link` aborts (true), or aborts it because the lease is lost (false). */
  async renewUntilLost(link: LinkedSignal): Promise<boolean> {
    const { clock } = this.#options;
    const { signal } = link;
    while (!signal.aborted) {
      const remaining = this.#renewedAt + this.#deadlineMs - clock.now();
      const deadline = clock.after(remaining, () => link.abort(lost()));
      let held = true;
      try {
        await clock.sleep(this.#retryMs, { signal });
        held = await this.#try(signal);
      } catch (error) {
        if (!signal.aborted) this.#warn(error);
      } finally {
        deadline[Symbol.dispose]();
      }
      if (!held) link.abort(lost());
    }
    return !(signal.reason instanceof LeaseLostError);
  }

  /** Lets others take the lease at once. Failing that, they get it when it runs out. */
  async release(): Promise<void> {
    if (!this.#mayHold) return;
    this.#mayHold = false;
    const { client, identity, clock } = this.#options;
    using link = linkSignals();
    using _limit = clock.after(releaseMs, () => link.abort(new Error(`no answer within ${releaseMs} ms`)));
    const { signal } = link;
    try {
      const lease = await client.get(resources.leases, this.#options, { signal });
      if (lease.spec?.holderIdentity !== identity) return;
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: toMicroTime(clock.now()) };
      await client.update(resources.leases, { ...lease, spec }, { signal });
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Gets or keeps the lease; whoever else writes to the Lease, to annotate it say, does not take it from its holder. */
  async #try(signal: AbortSignal): Promise<boolean> {
    for (let tries = 0; tries < conflictsBorne; tries++) {
      const lease = await this.#read(signal);
      const now = this.#options.clock.now();
      if (!this.#mayTake(lease, now)) return false;
      if (await this.#write(lease, now, signal)) {
        this.#renewedAt = now;
        this.#note(this.#options.identity);
        return !this.#isOverdue;
      }
    }
    return false;
  }

  /** True when the others may begin soon: an answer that long on its way is no leave to lead. */
  get #isOverdue(): boolean {
    return this.#options.clock.now() - this.#renewedAt >= this.#deadlineMs;
  }

  /** False if somebody else wrote meanwhile. */
  async #write(lease: Lease | undefined, now: number, signal: AbortSignal): Promise<boolean> {
    const { client } = this.#options;
    const next = this.#record(lease, now);
    this.#mayHold = true;
    try {
      if (lease) await client.update(resources.leases, next, { signal });
      else await client.create(resources.leases, next, { signal });
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      throw error;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(resources.leases, this.#options, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #mayTake(lease: Lease | undefined, now: number): boolean {
    const { identity } = this.#options;
    if (lease) {
      const { holderIdentity: holder = '', renewTime, leaseDurationSeconds = 0 } = lease.spec ?? {};
      const record = `${holder} ${renewTime}`;
      const durationMs = leaseDurationSeconds * 1000;
      if (this.#seen?.record !== record) this.#seen = { record, holder, durationMs, at: now };
      this.#note(holder);
    }
    // Whoever deletes a Lease does not stop its holder, which has its time like any other.
    if (!this.#seen || this.#seen.holder === '' || this.#seen.holder === identity) return true;
    return now - this.#seen.at > this.#seen.durationMs;
  }

  #note(holder: string): void {
    if (holder === this.#holder) return;
    this.#holder = holder;
    if (holder !== '') this.#options.onHolder?.(holder);
  }

  #record(lease: Lease | undefined, now: number): Lease {
    const { namespace, name, identity, annotations } = this.#options;
    const time = toMicroTime(now);
    const mine = lease?.spec?.holderIdentity === identity;
    const transitions = lease?.spec?.leaseTransitions ?? 0;
    return {
      metadata: {
        ...(lease?.metadata ?? { namespace, name }),
        ...(annotations ? { annotations: { ...lease?.metadata.annotations, ...annotations } } : {}),
      },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.round(this.#durationMs / 1000),
        acquireTime: (mine ? lease.spec?.acquireTime : undefined) ?? time,
        renewTime: time,
        leaseTransitions: mine || !lease ? transitions : transitions + 1,
      },
    };
  }

  #warn(error: unknown): void {
    const { logger, name, identity } = this.#options;
    logger.warn({ lease: name, identity, error: messageOf(error) }, 'the lease could not be read or written');
  }
}

class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

const lost = (): Error => new LeaseLostError('the lease was lost');
