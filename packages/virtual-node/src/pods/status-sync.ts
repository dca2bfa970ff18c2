import { type Clock, type Logger, isAbort, linkSignals, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import { tagKeys } from './container-group.ts';
import type { GroupIndex } from './group-index.ts';

/** How often the cloud is asked: while something starts or ends, while that drags on, and otherwise. */
const periodsMs = { busy: 100, lingering: 1_000, quiet: 2_000 } as const;
/** A listing is followed by a rest of at least so many times its own length, so that thousands of groups leave room for others. */
const restFactor = 3;
/** Something that has been starting for this long will not be ready in the next tenth of a second. */
const busyForMs = 60_000;

interface SyncOptions {
  readonly eci: Pick<Eci, 'list'>;
  readonly nodeName: string;
  readonly index: GroupIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a pod is on its way up or down. */
  readonly isBusy: () => boolean;
  /** Told after each listing which pods' groups are new, changed or gone. */
  readonly onChange: (uids: readonly string[], groups: readonly ContainerGroup[]) => void;
}

/** Asks ECI again and again for all groups of the node, in one call at a time. */
export class StatusSync {
  /** Resolves after the first listing. */
  readonly synced: Promise<void>;
  /** Whether the cloud answered the last call. */
  cloud: { readonly reachable: boolean; readonly message: string } = { reachable: true, message: '' };
  readonly #options: SyncOptions;
  #markSynced: () => void = () => {};
  #wake: () => void = () => {};
  #poked = false;
  #busySince: number | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Asks at once: something was just created or deleted. */
  poke(): void {
    this.#busySince = undefined;
    this.#poked = true;
    this.#wake();
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#poked = false;
      const beganMs = clock.now();
      await this.#list();
      const restMs = restFactor * (clock.now() - beganMs);
      // Asked for while the listing was under way, which may not show it yet.
      const periodMs = this.#poked ? 0 : this.#period();
      await this.#pause(Math.max(periodMs, restMs), signal);
    }
  }

  async #list(): Promise<void> {
    const { eci, nodeName, index, logger, onChange } = this.#options;
    const known = index.uids();
    try {
      const groups = await eci.list({ [tagKeys.node]: nodeName });
      this.cloud = { reachable: true, message: '' };
      onChange(index.replace(groups, known), groups);
      this.#markSynced();
    } catch (error) {
      // What is not known is left as it is: no pod is given up for want of an answer.
      if (this.cloud.reachable) logger.warn({ error: messageOf(error) }, 'ECI does not answer');
      this.cloud = { reachable: false, message: messageOf(error) };
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    using woken = linkSignals(signal);
    this.#wake = () => woken.abort(new DOMException('poked', 'AbortError'));
    await clock.sleep(ms, { signal: woken.signal }).catch((error: unknown) => {
      if (!woken.signal.aborted && !isAbort(error)) throw error;
    });
    this.#wake = () => {};
  }

  #period(): number {
    const now = this.#options.clock.now();
    if (!this.#options.isBusy()) {
      this.#busySince = undefined;
      return periodsMs.quiet;
    }
    this.#busySince ??= now;
    return now - this.#busySince < busyForMs ? periodsMs.busy : periodsMs.lingering;
  }
}
