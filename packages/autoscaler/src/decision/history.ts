import type { Decision } from './decision.ts';

/** Decisions kept of each revision. */
const mostDecisions = 64;

/** The last decisions of one revision that changed something, oldest first. */
export class History {
  #decisions: Decision[] = [];

  add(decision: Decision): void {
    this.#decisions.push(decision);
    if (this.#decisions.length > mostDecisions) this.#decisions = this.#decisions.slice(-mostDecisions);
  }

  get last(): Decision | undefined {
    return this.#decisions.at(-1);
  }

  list(): readonly Decision[] {
    return this.#decisions;
  }

  /** The decision in force at a time; `undefined` if it was before the first one that is kept. */
  at(ms: number): Decision | undefined {
    return this.#decisions.findLast(({ atMs }) => atMs <= ms);
  }
}
