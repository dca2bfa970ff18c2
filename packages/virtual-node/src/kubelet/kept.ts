import type { Clock } from '@ebb/base';

const maxKept = 1000;

/** Answers that hold for a while. Those who ask for the same thing meanwhile wait for one answer. */
export class Kept<T> {
  readonly #clock: Clock;
  readonly #answers = new Map<string, { readonly value: Promise<T>; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(key: string, ask: () => Promise<{ readonly value: T; readonly forMs: number }>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && known.untilMs > this.#clock.now()) return known.value;
    const entry = { value: this.#ask(key, ask), untilMs: Number.POSITIVE_INFINITY };
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined && this.#answers.size > maxKept) this.#answers.delete(oldest);
    return entry.value;
  }

  /** What could not be learnt is not kept. */
  async #ask(key: string, ask: () => Promise<{ readonly value: T; readonly forMs: number }>): Promise<T> {
    try {
      const { value, forMs } = await ask();
      const entry = this.#answers.get(key);
      if (entry) entry.untilMs = this.#clock.now() + forMs;
      return value;
    } catch (error) {
      this.#answers.delete(key);
      throw error;
    }
  }
}
