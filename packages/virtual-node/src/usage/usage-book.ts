import type { KubeClient } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import type { InstanceUsage } from './instance-usage.ts';
import { UsageLedger } from './ledger.ts';
import { UsageMaps } from './usage-maps.ts';
import { watchedEci } from './watched-eci.ts';

interface BookOptions {
  readonly client: Pick<KubeClient, 'get' | 'patch' | 'create'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const flushEveryMs = 5_000;
const retryMs = 60_000;

/**
 * Writes down what instances there are and how long they lasted, for what they cost: ECI names no group that was deleted. One for a
 * cluster. What begins and ends within the few seconds before this process is killed is not in it; and what ended while none ran
 * ended when the next one looked.
 */
export class UsageBook {
  readonly #options: BookOptions;
  readonly #maps: UsageMaps;
  readonly #ledger: UsageLedger;
  /** Noted before it is known what is written down. */
  #early: InstanceUsage[] | undefined = [];

  constructor(options: BookOptions) {
    this.#options = options;
    this.#maps = new UsageMaps(options.client);
    this.#ledger = new UsageLedger((usage) => (this.#early ? this.#early.push(usage) : this.#maps.note(usage)));
  }

  /** The same ECI, whose answers about this node's groups are noted. */
  watch<Of extends Pick<Eci, 'list' | 'describe' | 'statuses'>>(eci: Of, node: string): Of {
    return watchedEci(eci, { ledger: this.#ledger, node, clock: this.#options.clock });
  }

  /** Writes every few seconds until aborted, and once more then. A cluster that does not let it is asked again now and then. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      let pauseMs = flushEveryMs;
      try {
        await this.#write();
      } catch (error) {
        logger.warn({ error: messageOf(error) }, 'what instances cost could not be written down; tried again');
        pauseMs = retryMs;
      }
      await clock.sleep(pauseMs, { signal }).catch(() => {}); // aborted: the loop ends
    }
    await this.#write().catch((error: unknown) =>
      logger.warn({ error: messageOf(error) }, 'what instances cost in the last seconds could not be written down'),
    );
  }

  async #write(): Promise<void> {
    if (this.#early) {
      const lasting = await this.#maps.load();
      const early = this.#early;
      this.#early = undefined;
      for (const usage of lasting) this.#ledger.resume(usage);
      for (const usage of early) this.#maps.note(usage);
    }
    await this.#maps.flush();
  }
}
