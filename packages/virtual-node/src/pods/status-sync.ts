import { type Clock, type Logger, isAbort, linkSignals, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import { tagKeys } from './container-group.ts';
import type { GroupIndex } from './group-index.ts';

/** How often the cloud is asked for the groups that start or end, for those where that drags on, and for all. */
const periodsMs = { busy: 100, lingering: 1_000, all: 2_000 } as const;
/** Something that has been starting for this long will not be ready in the next tenth of a second. */
const busyForMs = 60_000;
/** More groups than these are sooner listed than asked for one by one. */
const maxMoving = 200;
/** An answer is followed by a rest of at least so many times its own length: thousands of groups leave room for others. */
const restFactor = 3;
/** And a full listing comes again no sooner than after so many times its own length. */
const listRestFactor = 10;

/** Of so many groups at a time the images are asked for: in a burst others have more to tell. */
const maxImages = 100;

interface SyncOptions {
  readonly eci: Pick<Eci, 'list' | 'describe' | 'imageIds'>;
  readonly nodeName: string;
  readonly index: GroupIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** UIDs of the pods on their way up or down. */
  readonly moving: () => readonly string[];
  /** Told after each answer which pods' groups are new, changed or gone. */
  readonly onChange: (uids: readonly string[]) => void;
  /** Told of all the groups there are, after each full listing. */
  readonly onListed: (groups: readonly ContainerGroup[]) => void;
}

/** Asks ECI again and again, in one call at a time: for the groups that start or end often, for all of the node now and then. */
export class StatusSync {
  /** Resolves after the first listing. */
  readonly synced: Promise<void>;
  /** Whether the cloud answered the last call. */
  cloud: { readonly reachable: boolean; readonly message: string } = { reachable: true, message: '' };
  readonly #options: SyncOptions;
  #markSynced: () => void = () => {};
  #wake: () => void = () => {};
  #poked = false;
  /** When all groups are to be listed again. */
  #nextListMs = 0;
  #busySinceMs: number | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Asks at once: something was just created or deleted. */
  poke(): void {
    this.#busySinceMs = undefined;
    this.#poked = true;
    this.#wake();
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#poked = false;
      const beganMs = clock.now();
      await this.#ask(beganMs);
      const restMs = restFactor * (clock.now() - beganMs);
      // Asked for while the call was under way, whose answer may not show it yet.
      const periodMs = this.#poked ? 0 : this.#period();
      await this.#pause(Math.max(periodMs, restMs), signal);
    }
  }

  async #ask(nowMs: number): Promise<void> {
    const { logger, moving, index } = this.#options;
    const uids = moving().filter((uid) => index.get(uid));
    const all = nowMs >= this.#nextListMs || uids.length > maxMoving;
    if (!all && uids.length === 0) return;
    try {
      await (all ? this.#list() : this.#describe(uids));
      await this.#learnImages();
      this.cloud = { reachable: true, message: '' };
    } catch (error) {
      // What is not known is left as it is: no pod is given up for want of an answer.
      if (this.cloud.reachable) logger.warn({ error: messageOf(error) }, 'ECI does not answer');
      this.cloud = { reachable: false, message: messageOf(error) };
    }
  }

  async #list(): Promise<void> {
    const { eci, nodeName, index, clock, onChange, onListed } = this.#options;
    const beganMs = clock.now();
    const known = index.uids();
    const groups = await eci.list({ [tagKeys.node]: nodeName });
    const nowMs = clock.now();
    this.#nextListMs = Math.max(beganMs + periodsMs.all, nowMs + listRestFactor * (nowMs - beganMs));
    onChange(index.replace(groups, known));
    onListed(groups);
    this.#markSynced();
  }

  async #describe(uids: readonly string[]): Promise<void> {
    const { eci, index, onChange } = this.#options;
    // A group just made may not show yet: only one that did can be missing.
    const shown = new Set(uids.filter((uid) => index.get(uid)?.group));
    const groups = await eci.describe(uids.flatMap((uid) => index.get(uid)?.id ?? []));
    onChange(index.replace(groups, shown));
  }

  /** Each group is asked once: what it runs does not change. */
  async #learnImages(): Promise<void> {
    const { eci, index, onChange } = this.#options;
    const ids = index.withoutImages().slice(0, maxImages);
    if (ids.length > 0) onChange(index.learnImages(ids, await eci.imageIds(ids)));
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
    const nowMs = this.#options.clock.now();
    if (!this.cloud.reachable) return periodsMs.lingering;
    if (this.#options.moving().length === 0) {
      this.#busySinceMs = undefined;
      return Math.max(periodsMs.busy, this.#nextListMs - nowMs);
    }
    this.#busySinceMs ??= nowMs;
    return nowMs - this.#busySinceMs < busyForMs ? periodsMs.busy : periodsMs.lingering;
  }
}
