import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@ebb/base';
import type { Usage } from '../billing/bill.ts';
import type { UsageBook } from '../billing/usage-book.ts';
import type { GroupSpec } from '../model.ts';
import type { Placement } from '../placement/place.ts';
import type { Runtime, StopOptions } from '../runtime.ts';
import { EciError } from '../wire/error.ts';
import { Group } from './group.ts';
import { usageOf } from './usage.ts';

const maxGroups = 50_000;
/** How long, and how many, groups that are gone may still be seen. */
const maxLagMs = 600_000;
const maxGone = 1000;

/** Groups that came to their end are told of for an hour, and after that the newest hundred. */
const retainedMs = 3_600_000;
const retained = 100;
const sweepEveryMs = 60_000;
/** Of so many instances that are gone the usage is kept. */
export const maxUsages = 100_000;

/** All container groups of this ECI, oldest first. */
export class GroupStore {
  readonly #groups = new Map<string, Group>();
  /** What each remembered client token asked for; forgotten with its group. */
  readonly #tokens = new Map<string, { readonly id: string; readonly request: string }>();
  #count = 0;
  #sweptAtMs = 0;
  /** Of groups that are gone, oldest first. */
  #usages: Usage[];
  /** Groups whose end the book knows. */
  readonly #ended = new Set<string>();
  /** Groups that were forgotten, for those who are still to see them. */
  #gone: { readonly group: Group; readonly atMs: number }[] = [];
  readonly #runtime: Runtime;
  readonly #book: UsageBook | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: {
    readonly runtime: Runtime;
    /** Default: usage is kept in memory alone. */
    readonly book?: UsageBook | undefined;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#runtime = options.runtime;
    this.#book = options.book;
    this.#usages = [...(options.book?.earlier ?? [])];
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Adds a group where `placeIt` says, to be started by `start`; or finds the one made before by the same token and request.
   * Throws `EciError` if the token was used for another request, there are too many groups, or no place.
   */
  add(
    spec: GroupSpec,
    clientToken: string | undefined,
    placeIt: () => Placement,
  ): { readonly group: Group; readonly isNew: boolean } {
    const request = createHash('sha256').update(JSON.stringify(spec)).digest('base64');
    const known = clientToken === undefined ? undefined : this.#tokens.get(clientToken);
    const before = known && this.#groups.get(known.id);
    if (before && known.request === request) return { group: before, isNew: false };
    if (before) {
      throw new EciError('IdempotentParameterMismatch', 'The ClientToken was used with other parameters before.');
    }
    this.#sweep();
    if (this.#groups.size >= maxGroups) {
      throw new EciError('QuotaExceeded', `There are ${maxGroups} container groups already.`, 403);
    }
    const placement = placeIt();
    const id = `eci-${randomBytes(10).toString('hex')}`;
    const number = (this.#count += 1);
    const onChange = this.#book && ((): void => this.#note(group));
    const group: Group = new Group({
      id,
      number,
      spec,
      placement,
      clientToken,
      onChange,
      clock: this.#clock,
      logger: this.#logger,
    });
    this.#groups.set(id, group);
    if (clientToken !== undefined) this.#tokens.set(clientToken, { id, request });
    return { group, isNew: true };
  }

  start(group: Group): void {
    group.start(this.#runtime);
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  list(): readonly Group[] {
    this.#sweep();
    return [...this.#groups.values()];
  }

  /** Those of these ids that there are, oldest first. */
  some(ids: Iterable<string>): readonly Group[] {
    return [...ids].flatMap((id) => this.#groups.get(id) ?? []).toSorted((a, b) => a.number - b.number);
  }

  /** The groups as one sees them who looks so late: new ones are not there yet, gone ones still are. */
  listLate(lagMs: number): readonly Group[] {
    if (lagMs === 0) return this.list();
    const atMs = this.#clock.now() - lagMs;
    const gone = this.#gone.filter((each) => each.atMs > atMs).map(({ group }) => group);
    return [...gone, ...this.list()]
      .filter(({ createdAtMs }) => createdAtMs <= atMs)
      .toSorted((a, b) => a.number - b.number);
  }

  /** What is to be paid for, of groups that are there and of those that are gone. */
  usages(): Usage[] {
    return [...this.#usages, ...[...this.#groups.values()].flatMap((group) => usageOf(group) ?? [])];
  }

  /** Stops a group, and forgets it once it is gone. Returns at once. */
  delete(group: Group, options?: StopOptions): void {
    // Never rejects: Group.stop logs what goes wrong.
    void group.stop(options).then(() => this.#forget(group));
  }

  /** Stops all groups and waits until they are gone; the runtime says for how long. */
  async close(): Promise<void> {
    const groups = [...this.#groups.values()];
    const stopped = Promise.all(groups.map((group) => group.stop().then(() => this.#note(group, this.#clock.now()))));
    await this.#runtime.close();
    await stopped;
    this.#book?.[Symbol.dispose]();
    this.#groups.clear();
    this.#tokens.clear();
  }

  /** Tells the book when usage begins and ends. */
  #note(group: Group, goneAtMs?: number): void {
    const usage = this.#book && usageOf(group, goneAtMs);
    if (!this.#book || !usage || this.#ended.has(group.id)) return;
    if (usage.untilMs !== undefined) this.#ended.add(group.id);
    this.#book.note(usage);
  }

  #forget(group: Group): void {
    if (!this.#groups.delete(group.id)) return;
    const nowMs = this.#clock.now();
    this.#note(group, nowMs);
    this.#ended.delete(group.id);
    this.#gone = [...this.#gone.filter(({ atMs }) => atMs > nowMs - maxLagMs), { group, atMs: nowMs }].slice(-maxGone);
    const usage = usageOf(group, nowMs);
    if (usage && this.#usages.push(usage) > maxUsages) this.#usages = this.#usages.slice(-maxUsages / 2);
    if (group.clientToken !== undefined && this.#tokens.get(group.clientToken)?.id === group.id) {
      this.#tokens.delete(group.clientToken);
    }
  }

  #sweep(): void {
    const nowMs = this.#clock.now();
    if (this.#groups.size <= retained || nowMs - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = nowMs;
    const ended = [...this.#groups.values()].filter((group) => group.isFinal);
    const oldMs = nowMs - retainedMs;
    for (const group of ended.slice(0, -retained)) if (group.changedAtMs < oldMs) this.delete(group);
  }
}
