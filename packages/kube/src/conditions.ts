import type { CommonStatus, Condition, KubernetesObject, ObjectMeta } from '@ebb/api';
import { toTimestamp } from '@ebb/base';

/** The conditions of a kind: the happy one sums up its dependents; all others found on an object only inform. */
export interface ConditionSet {
  /** Usually `Ready`. */
  readonly happy: string;
  /** In the order of the kind's table (serving-api.md, section 13). */
  readonly dependents: readonly string[];
}

/** Marks the conditions of one object during one reconcile (serving-api.md, section 13). */
export interface ConditionManager {
  get(type: string): Condition | undefined;
  /** True if the happy condition is. */
  isHappy(): boolean;
  /** On a dependent this works the happy condition out again. */
  markTrue(type: string, reason?: string, message?: string): void;
  /** On a dependent this makes the happy condition False too, with the same reason and message. */
  markFalse(type: string, reason: string, message?: string): void;
  /** On a dependent this makes the happy condition Unknown too, unless another dependent is False. */
  markUnknown(type: string, reason?: string, message?: string): void;
  /** Takes away a condition that is neither the happy one nor a dependent. */
  clear(type: string): void;
  /**
   * What to write to status. Conditions are sorted by type; those that say what they said before the reconcile keep their
   * `lastTransitionTime`, all others share `now` (milliseconds since the epoch).
   */
  finish(now: number): { observedGeneration?: number; conditions: Condition[] };
}

type Marked = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;
type Observed = { readonly metadata: ObjectMeta; readonly status?: CommonStatus | undefined };

/**
 * Begins a reconcile of `object`: missing conditions become Unknown (True if the happy one is), and if its generation has
 * not been observed yet the happy condition becomes Unknown with reason `NewObservedGenFailure`, to be overwritten by what
 * the reconcile finds. The object is left alone.
 */
export function createConditionManager(set: ConditionSet, object: Observed): ConditionManager {
  return new Conditions(set, object);
}

class Conditions implements ConditionManager {
  readonly #set: ConditionSet;
  readonly #generation: number | undefined;
  readonly #before: ReadonlyMap<string, Condition>;
  /** What holds now. `changed` orders the conditions by the time of their last change. */
  readonly #now = new Map<string, Marked & { readonly changed: number }>();
  #changes = 0;

  constructor(set: ConditionSet, { metadata, status }: Observed) {
    this.#set = set;
    this.#generation = metadata.generation;
    this.#before = new Map((status?.conditions ?? []).map((condition) => [condition.type, condition]));
    for (const condition of sortedByTime(this.#before.values())) this.#put(condition);
    this.#initialize();
    const stale = status?.observedGeneration !== metadata.generation;
    if (stale) this.#put(unobserved(set.happy));
  }

  get(type: string): Condition | undefined {
    const condition = this.#now.get(type);
    return condition && this.#render(condition);
  }

  isHappy(): boolean {
    return this.#now.get(this.#set.happy)?.status === 'True';
  }

  markTrue(type: string, reason?: string, message?: string): void {
    this.#put({ type, status: 'True', ...because(reason, message) });
    if (!this.#isTerminal(type)) return;
    const { happy } = this.#set;
    const unhappy = this.#unhappyDependent();
    if (unhappy) this.#put({ ...unhappy, type: happy });
    else if (type !== happy) this.#put({ type: happy, status: 'True' });
  }

  markFalse(type: string, reason: string, message?: string): void {
    const mark = { status: 'False', ...because(reason, message) } as const;
    this.#put({ ...mark, type });
    if (this.#isDependent(type)) this.#put({ ...mark, type: this.#set.happy });
  }

  markUnknown(type: string, reason?: string, message?: string): void {
    const mark = { status: 'Unknown', ...because(reason, message) } as const;
    this.#put({ ...mark, type });
    if (!this.#isDependent(type)) return;
    const { happy, dependents } = this.#set;
    const failed = dependents.some((dependent) => this.#now.get(dependent)?.status === 'False');
    if (!failed) this.#put({ ...mark, type: happy });
    else if (this.#now.get(happy)?.status !== 'False') this.#put({ ...mark, status: 'False', type: happy });
  }

  clear(type: string): void {
    if (!this.#isTerminal(type)) this.#now.delete(type);
  }

  finish(now: number): { observedGeneration?: number; conditions: Condition[] } {
    const conditions = [...this.#now.values()]
      .map((condition) => this.#stamp(this.#render(condition), now))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1));
    return { ...(this.#generation === undefined ? {} : { observedGeneration: this.#generation }), conditions };
  }

  #initialize(): void {
    const { happy, dependents } = this.#set;
    if (!this.#now.has(happy)) this.#put({ type: happy, status: 'Unknown' });
    const status = this.isHappy() ? 'True' : 'Unknown';
    for (const type of dependents) if (!this.#now.has(type)) this.#put({ type, status });
  }

  /** The False dependent that changed last, else the Unknown one that changed last. */
  #unhappyDependent(): Marked | undefined {
    const dependents = this.#set.dependents.flatMap((type) => this.#now.get(type) ?? []);
    const latest = (status: string): Marked | undefined =>
      dependents.filter((condition) => condition.status === status).toSorted((a, b) => b.changed - a.changed)[0];
    return latest('False') ?? latest('Unknown');
  }

  /** Sets a condition; one that says the same already is left as it is. */
  #put({ type, status, reason, message }: Marked): void {
    const old = this.#now.get(type);
    const next = { type, status, ...because(reason, message) };
    if (!old || !saysSame(old, next)) this.#now.set(type, { ...next, changed: ++this.#changes });
  }

  #isDependent(type: string): boolean {
    return this.#set.dependents.includes(type);
  }

  #isTerminal(type: string): boolean {
    return type === this.#set.happy || this.#isDependent(type);
  }

  #render({ type, status, reason, message }: Marked): Condition {
    const severity = this.#isTerminal(type) ? {} : { severity: 'Info' as const };
    return { type, status, ...severity, ...because(reason, message) };
  }

  #stamp(condition: Condition, now: number): Condition {
    const before = this.#before.get(condition.type);
    const kept = before && saysSame(before, condition) && before.severity === condition.severity;
    const lastTransitionTime = (kept ? before.lastTransitionTime : undefined) ?? toTimestamp(now);
    return { ...condition, lastTransitionTime };
  }
}

/** The condition of that type in a status. */
export function conditionOf(status: CommonStatus | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** True if the `Ready` condition is True and speaks of the present generation (serving-api.md, section 13). */
export function isReady(object: KubernetesObject & { readonly status?: CommonStatus | undefined }): boolean {
  return isObserved(object) && conditionOf(object.status, 'Ready')?.status === 'True';
}

/** True if the `Ready` condition is False and speaks of the present generation. */
export function isFailed(object: KubernetesObject & { readonly status?: CommonStatus | undefined }): boolean {
  return isObserved(object) && conditionOf(object.status, 'Ready')?.status === 'False';
}

function isObserved({ metadata, status }: Observed): boolean {
  return metadata.generation === status?.observedGeneration;
}

function unobserved(type: string): Marked {
  return {
    type,
    status: 'Unknown',
    reason: 'NewObservedGenFailure',
    message: 'unsuccessfully observed a new generation',
  };
}

/** Oldest first, so that later marks count as newer; equal times in the order of types, the first counting as newest. */
function sortedByTime(conditions: Iterable<Condition>): readonly Condition[] {
  const time = ({ lastTransitionTime = '' }: Condition): number => Date.parse(lastTransitionTime) || 0;
  return [...conditions].toSorted((a, b) => time(a) - time(b) || (a.type < b.type ? 1 : -1));
}

function because(reason: string | undefined, message: string | undefined): Pick<Condition, 'reason' | 'message'> {
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

function saysSame(a: Marked, b: Marked): boolean {
  return a.status === b.status && (a.reason ?? '') === (b.reason ?? '') && (a.message ?? '') === (b.message ?? '');
}
