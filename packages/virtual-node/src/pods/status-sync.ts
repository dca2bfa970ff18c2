import { type Clock, type Logger, isAbort, linkSignals, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci, GroupStatus } from '../eci/eci.ts';
import { EciError } from '../eci/error.ts';
import { tagKeys } from './container-group.ts';
import { type GroupIndex, uidOf } from './group-index.ts';

/** How often the cloud is asked for the groups that start or end, for those where that drags on, and for all. */
const periodsMs = { busy: 100, lingering: 1_000, all: 2_000 } as const;
/** While more groups than these are on their way, nobody's being asked for hastens the next question: it would be about all of them. */
const hastenUpTo = 20;
/** Something that has been starting for this long will not be ready in the next tenth of a second. */
const busyForMs = 60_000;
/** More groups than these are sooner listed than asked for one by one. */
const maxMoving = 200;
/** An answer is followed by a rest of at least so many times its own length: thousands of groups leave room for others. */
const restFactor = 3;
/** After an answer about many, up to so long. */
const longRestMs = 300;
/** And a full listing comes again no sooner than after so many times its own length, as do answers about many. */
const listRestFactor = 10;

/** So many groups are listed in full; of more only those are described whose status is another, and some in turn. */
const fewGroups = 40;
const describedInTurn = 60;
/** The same status is asked for again within so many seconds more than passed: clocks differ. */
const overlapSeconds = 10;
/**
 * Where there are many, all of them are looked for now and then, for none says that it is gone: a second for each page of an
 * answer, up to the longest. A call for one page asks for all or for what changed alike.
 */
const completeEveryMs = { page: 1_000, longest: 30_000 } as const;
const groupsOfPage = 200;
/** A group that ECI did not name is given up for gone only after a while: it may be late, or lie. */
const graceMs = { unseen: 10_000, seen: 3_000, leaving: 0 } as const;

/** Of so many groups at a time the images are asked for. */
const maxImages = 100;
/** While more pods than these are on their way, what images run is asked for so often only: others have more to tell. */
const busyPods = 20;
const imagesEveryMs = 5_000;

interface SyncOptions {
  readonly eci: Pick<Eci, 'list' | 'describe' | 'imageIds' | 'statuses'>;
  readonly nodeName: string;
  readonly index: GroupIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** UIDs of the pods on their way up or down. */
  readonly moving: () => readonly string[];
  /** True for the UID of a pod that is to go, or is gone. */
  readonly isLeaving: (uid: string) => boolean;
  /** Told after each answer which pods' groups are new, changed or gone. */
  readonly onChange: (uids: readonly string[]) => void;
  /** Told when the cloud's API fares otherwise than before. */
  readonly onCloud?: () => void;
  /** Told of all the groups there are, after each full listing. */
  readonly onListed: (groups: readonly ContainerGroup[]) => void;
}

/** How the cloud's API fares. */
export interface CloudState {
  readonly reachable: boolean;
  /** One word, for a condition: `Answers`, `CredentialsRefused`, `Throttled`, `CallFailed`. */
  readonly reason: string;
  readonly message: string;
}

function troubleOf(error: unknown): CloudState {
  const message = error instanceof EciError ? `${error.code}: ${error.message}` : messageOf(error);
  const remedy = error instanceof EciError ? error.remedy : undefined;
  if (remedy === 'mend-credentials') return { reachable: false, reason: 'CredentialsRefused', message };
  const isThrottled = error instanceof EciError && error.code.startsWith('Throttling');
  return { reachable: false, reason: isThrottled ? 'Throttled' : 'CallFailed', message };
}

/** Asks ECI again and again, in one call at a time: for the groups that start or end often, for all of the node now and then. */
export class StatusSync {
  /** Resolves after the first listing. */
  readonly synced: Promise<void>;
  /** Whether the cloud answered the last call. */
  cloud: CloudState = { reachable: true, reason: 'Answers', message: '' };
  readonly #options: SyncOptions;
  #markSynced: () => void = () => {};
  #wake: () => void = () => {};
  #poked = false;
  /** How many groups were on their way when it was last asked. */
  #asked = 0;
  /** When all groups are to be listed again. */
  #nextListMs = 0;
  #busySinceMs: number | undefined;
  /** When all groups were last asked for, whether they changed or not. */
  #completeMs = Number.NEGATIVE_INFINITY;
  #listedMs = Number.NEGATIVE_INFINITY;
  #imagesMs = Number.NEGATIVE_INFINITY;
  /** All groups of the node by id, those of no pod too, with what was said of each when it was last described. */
  #seen = new Map<string, { readonly group: ContainerGroup; readonly fingerprint: string }>();
  /** When a group was first missed, by its pod's UID. */
  readonly #missed = new Map<string, number>();

  constructor(options: SyncOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Asks at once: something was just created or deleted. */
  poke(): void {
    this.#busySinceMs = undefined;
    this.#poked = true;
    if (this.#asked <= hastenUpTo) this.#wake();
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#poked = false;
      const beganMs = clock.now();
      await this.#ask(beganMs);
      const tookMs = clock.now() - beganMs;
      const isMany = this.#asked > hastenUpTo;
      const restMs = Math.max(restFactor * tookMs, isMany ? Math.min(listRestFactor * tookMs, longRestMs) : 0);
      // Asked for while the call was under way, whose answer may not show it yet.
      const periodMs = this.#poked && !isMany ? 0 : this.#period();
      await this.#pause(Math.max(periodMs, restMs), signal);
    }
  }

  async #ask(nowMs: number): Promise<void> {
    const { logger, moving, index } = this.#options;
    const uids = moving().filter((uid) => index.get(uid));
    this.#asked = uids.length;
    const all = nowMs >= this.#nextListMs || uids.length > maxMoving;
    if (!all && uids.length === 0) return;
    try {
      await (all ? this.#list() : this.#describe(uids));
      await this.#learnImages();
      this.#report({ reachable: true, reason: 'Answers', message: '' });
    } catch (error) {
      // What is not known is left as it is: no pod is given up for want of an answer.
      if (this.cloud.reachable) logger.warn({ error: messageOf(error) }, 'ECI does not answer');
      this.#report(troubleOf(error));
    }
  }

  #report(state: CloudState): void {
    const isNews = state.reason !== this.cloud.reason;
    this.cloud = state;
    if (isNews) this.#options.onCloud?.();
  }

  async #list(): Promise<void> {
    const { clock, index } = this.#options;
    const beganMs = clock.now();
    const known = index.uids();
    await (known.size <= fewGroups && this.#seen.size <= fewGroups ? this.#listAll(known) : this.#listChanged(known));
    const nowMs = clock.now();
    this.#nextListMs = Math.max(beganMs + periodsMs.all, nowMs + listRestFactor * (nowMs - beganMs));
    this.#listedMs = beganMs;
    this.#markSynced();
  }

  async #listAll(known: ReadonlySet<string>): Promise<void> {
    const { eci, nodeName, index, onChange, onListed } = this.#options;
    const groups = await eci.list({ [tagKeys.node]: nodeName });
    this.#completeMs = this.#options.clock.now();
    this.#seen = new Map(groups.map((group) => [group.containerGroupId ?? '', { group, fingerprint: '' }]));
    onChange(index.replace(groups, this.#gone(known, groups)));
    onListed(groups);
  }

  /** Many groups: which of them changed, and these in full. */
  async #listChanged(known: ReadonlySet<string>): Promise<void> {
    const { eci, nodeName, index, clock, isLeaving, onChange, onListed } = this.#options;
    const nowMs = clock.now();
    const pages = Math.ceil(Math.max(known.size, this.#seen.size) / groupsOfPage);
    const everyMs = Math.min(completeEveryMs.longest, pages * completeEveryMs.page);
    // One that was missed is looked for again soon: it is late, or gone.
    const isUrgent = this.#missed.size > 0 || [...known].some(isLeaving);
    const isComplete = isUrgent || nowMs - this.#completeMs >= everyMs;
    const since = { sinceSeconds: Math.ceil((nowMs - this.#listedMs) / 1000) + overlapSeconds };
    const statuses = await eci.statuses({ [tagKeys.node]: nodeName }, isComplete ? {} : since);
    const changed = statuses.filter(({ id, fingerprint }) => this.#seen.get(id)?.fingerprint !== fingerprint);
    const ids = new Set([...changed.map(({ id }) => id), ...this.#inTurn()]);
    const groups = await eci.describe([...ids]);
    this.#remember(groups, changed);
    onChange(index.replace(groups, new Set()));
    if (!isComplete) return;
    this.#completeMs = nowMs;
    const present = new Set(statuses.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    const all = [...this.#seen.values()].map(({ group }) => group);
    onChange(index.replace([], this.#gone(known, all)));
    onListed(all);
  }

  /** Some that were described the longest ago: what was said of them may have been late. */
  #inTurn(): string[] {
    return [...this.#seen.keys()].slice(0, describedInTurn);
  }

  #remember(groups: readonly ContainerGroup[], statuses: readonly GroupStatus[]): void {
    const fingerprints = new Map(statuses.map(({ id, fingerprint }) => [id, fingerprint]));
    for (const group of groups) {
      const id = group.containerGroupId ?? '';
      const fingerprint = fingerprints.get(id) ?? this.#seen.get(id)?.fingerprint ?? '';
      this.#seen.delete(id);
      this.#seen.set(id, { group, fingerprint });
    }
  }

  /** Of the pods known to have a group, those whose group was not among `groups` for long enough. */
  #gone(known: ReadonlySet<string>, groups: readonly ContainerGroup[]): Set<string> {
    const { index, clock, isLeaving } = this.#options;
    const nowMs = clock.now();
    const present = new Set(groups.map(uidOf));
    for (const uid of this.#missed.keys()) if (present.has(uid) || !index.get(uid)) this.#missed.delete(uid);
    const gone = [...known].filter((uid) => {
      const entry = index.get(uid);
      if (!entry || present.has(uid)) return false;
      const sinceMs = this.#missed.get(uid) ?? nowMs;
      this.#missed.set(uid, sinceMs);
      const patience = isLeaving(uid) ? graceMs.leaving : entry.group ? graceMs.seen : graceMs.unseen;
      return nowMs - sinceMs >= patience;
    });
    return new Set(gone);
  }

  async #describe(uids: readonly string[]): Promise<void> {
    const { eci, index, onChange } = this.#options;
    // A group just made may not show yet: only one that did can be missing.
    const shown = new Set(uids.filter((uid) => index.get(uid)?.group));
    const groups = await eci.describe(uids.flatMap((uid) => index.get(uid)?.id ?? []));
    onChange(index.replace(groups, this.#gone(shown, groups)));
  }

  /** Each group is asked once: what it runs does not change. */
  async #learnImages(): Promise<void> {
    const { eci, index, clock, moving, onChange } = this.#options;
    const nowMs = clock.now();
    if (moving().length > busyPods && nowMs - this.#imagesMs < imagesEveryMs) return;
    this.#imagesMs = nowMs;
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
