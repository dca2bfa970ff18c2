import type { ContainerGroup } from '../eci/eci.ts';
import { type InstanceUsage, usageOf } from './instance-usage.ts';

/** One that is missed for so long has ended when it was first missed; ECI may leave one out of an answer that was not to go. */
const patienceMs = 10_000;

interface Open {
  readonly usage: InstanceUsage;
  isLeaving: boolean;
  missedMs: number | undefined;
}

/**
 * Learns from ECI's answers when instances begin and end. What it tells of an instance again is the same or better known: whoever
 * writes it down goes by the group's id.
 */
export class UsageLedger {
  readonly #note: (usage: InstanceUsage) => void;
  readonly #open = new Map<string, Open>();
  /** Groups whose end was told, and that are still to be seen, with their node. */
  readonly #ended = new Map<string, string>();

  /** `note` is told of each beginning and end. */
  constructor(note: (usage: InstanceUsage) => void) {
    this.#note = note;
  }

  /** Goes on with what was open when it was last written down. */
  resume(usage: InstanceUsage): void {
    if (!this.#open.has(usage.groupId) && !this.#ended.has(usage.groupId)) {
      this.#open.set(usage.groupId, { usage, isLeaving: false, missedMs: undefined });
    }
  }

  /** Groups as ECI has just described them. */
  seen(groups: readonly ContainerGroup[]): void {
    for (const group of groups) {
      const usage = usageOf(group);
      if (!usage || this.#ended.has(usage.groupId)) continue;
      if (usage.untilMs !== undefined) {
        this.#end(usage);
        continue;
      }
      if (!this.#open.has(usage.groupId)) this.#note(usage);
      this.#open.set(usage.groupId, { usage, isLeaving: group.status === 'Terminating', missedMs: undefined });
    }
  }

  /** Groups that were asked for by these ids are not there. */
  missed(ids: Iterable<string>, nowMs: number): void {
    for (const id of ids) {
      const open = this.#open.get(id);
      if (open) open.missedMs ??= nowMs;
    }
  }

  /** These are all groups the node has. */
  listed(node: string, present: ReadonlySet<string>, nowMs: number): void {
    for (const [id, open] of this.#open) {
      if (open.usage.node !== node) continue;
      if (present.has(id)) open.missedMs = undefined;
      else open.missedMs ??= nowMs;
      if (open.missedMs === undefined || nowMs - open.missedMs < (open.isLeaving ? 0 : patienceMs)) continue;
      this.#end({ ...open.usage, untilMs: open.missedMs });
    }
    for (const [id, of] of this.#ended) if (of === node && !present.has(id)) this.#ended.delete(id);
  }

  #end(usage: InstanceUsage): void {
    this.#open.delete(usage.groupId);
    this.#ended.set(usage.groupId, usage.node);
    this.#note(usage);
  }
}
