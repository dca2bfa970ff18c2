import { UserError } from '@ebb/base';
import { exponential } from '../random.ts';

/** More requests than a simulation takes: their times alone are 160 MB. */
const mostRequests = 20_000_000;

/** Times that are added one by one. */
export class Times {
  #values = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The last one; −Infinity if there is none. */
  get last(): number {
    return this.#values[this.#length - 1] ?? Number.NEGATIVE_INFINITY;
  }

  /** Throws `UserError` if there are too many. */
  add(value: number): void {
    if (this.#length === mostRequests) throw new UserError(`more than ${mostRequests} requests cannot be simulated`);
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  toArray(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}

/** Requests a second for a time. */
export interface Stretch {
  readonly lengthMs: number;
  readonly perSecond: number;
}

/**
 * Arrivals that have nothing to do with each other (a Poisson process), as many a second as each stretch has, in milliseconds from
 * the beginning of the first.
 */
export function scatter(stretches: Iterable<Stretch>, random: () => number): Float64Array {
  const times = new Times();
  /** Requests to be expected until the next one comes. */
  let until = exponential(random);
  let beginMs = 0;
  for (const { lengthMs, perSecond } of stretches) {
    const expected = (lengthMs / 1000) * perSecond;
    let passed = 0;
    while (until <= expected - passed) {
      passed += until;
      times.add(beginMs + (passed / perSecond) * 1000);
      until = exponential(random);
    }
    until -= expected - passed;
    beginMs += lengthMs;
  }
  return times.toArray();
}
