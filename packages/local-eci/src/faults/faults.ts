import type { Size } from '../sizes/specs.ts';
import { EciError } from '../wire/error.ts';
import { type BadForm, type CallFault, type Fault, parseSpec, statusOfCode } from './fault.ts';

/** A fault in force. */
export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  /** Calls it has befallen. */
  readonly hits: number;
}

/** What is to befall one call. */
export interface CallTrouble {
  readonly delayMs: number;
  readonly error: EciError | undefined;
  /** It is carried out, and the connection closed instead of an answer. */
  readonly losesAnswer: boolean;
  /** It is carried out, and this is answered. */
  readonly badForm: BadForm | undefined;
}

/** What spot instances cost of the list price when nobody says otherwise (serverless-node.md, section 2.7: 10 to 70 %). */
const usualSpotShare = 0.3;
const maxFaults = 100;

/** All that goes wrong at present. */
export class Faults {
  readonly #active = new Map<string, { fault: Fault; hits: number }>();
  readonly #random: () => number;
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Throws `EciError` if there are too many. */
  add(fault: Fault): ActiveFault {
    if (this.#active.size >= maxFaults) {
      throw new EciError('QuotaExceeded', `There are ${maxFaults} faults already.`, 403);
    }
    const id = `f${(this.#count += 1)}`;
    this.#active.set(id, { fault, hits: 0 });
    return { id, fault, hits: 0 };
  }

  list(): ActiveFault[] {
    return [...this.#active].map(([id, { fault, hits }]) => ({ id, fault, hits }));
  }

  /** Ends one, or all. Returns how many. */
  clear(id?: string): number {
    if (id !== undefined) return this.#active.delete(id) ? 1 : 0;
    const count = this.#active.size;
    this.#active.clear();
    return count;
  }

  /** Decides, once, what befalls a call. */
  befall(action: string): CallTrouble {
    let delayMs = 0;
    let error: EciError | undefined;
    let losesAnswer = false;
    let badForm: BadForm | undefined;
    for (const [id, active] of this.#active) {
      const { fault } = active;
      if (!isCallFault(fault) || (fault.action !== '*' && fault.action !== action)) continue;
      if (fault.share !== undefined && this.#random() >= fault.share) continue;
      active.hits += 1;
      if (fault.times !== undefined && active.hits >= fault.times) this.#active.delete(id);
      if (fault.kind === 'delay') delayMs += fault.ms ?? 0;
      if (fault.kind === 'lost-answer') losesAnswer = true;
      if (fault.kind === 'bad-answer') badForm ??= fault.form ?? 'html';
      if (fault.kind === 'error') error ??= errorOf(fault.code ?? 'InternalError');
    }
    return { delayMs, error, losesAnswer, badForm };
  }

  /** Whether an instance is to be had; `late`: it seems so. */
  stock(zone: string, size: Size, isSpot: boolean): 'there' | 'late' | 'none' {
    let late = false;
    for (const { fault } of this.#active.values()) {
      if (fault.kind !== 'no-stock' || (fault.zone ?? zone) !== zone || (fault.spot && !isSpot)) continue;
      const least = fault.spec === undefined ? undefined : parseSpec(fault.spec);
      if (least && (size.cpu < least.cpu || size.memory < least.memory)) continue;
      if (!fault.late) return 'none';
      late = true;
    }
    return late ? 'late' : 'there';
  }

  get lagMs(): number {
    let ms = 0;
    for (const { fault } of this.#active.values()) if (fault.kind === 'lag') ms = Math.max(ms, fault.ms);
    return ms;
  }

  /** What of these a Describe call tells of. */
  told<Item>(items: readonly Item[]): readonly Item[] {
    let share = 0;
    for (const { fault } of this.#active.values()) if (fault.kind === 'omit') share = Math.max(share, fault.share);
    return share === 0 ? items : items.filter(() => this.#random() >= share);
  }

  spotShare(zone: string): number {
    let share = usualSpotShare;
    for (const { fault } of this.#active.values()) {
      if (fault.kind === 'spot-price' && (fault.zone ?? zone) === zone) share = fault.share;
    }
    return share;
  }
}

const callKinds: ReadonlySet<Fault['kind']> = new Set(['error', 'delay', 'lost-answer', 'bad-answer']);

function isCallFault(fault: Fault): fault is CallFault {
  return callKinds.has(fault.kind);
}

function errorOf(code: string): EciError {
  return new EciError(code, 'A fault that was asked for.', statusOfCode(code));
}
