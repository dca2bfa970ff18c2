import type { Clock } from '@ebb/base';

interface Wait {
  /** What is waited for: another reason begins anew, the same one goes on, also when it is over. */
  readonly why: string;
  readonly ms: number;
  readonly act: () => void;
}

/** One wait a key: a later one for another reason takes the place of the one before. */
export class Waits implements Disposable {
  readonly #waits = new Map<string, { readonly why: string; readonly timer: Disposable }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(key: string, { why, ms, act }: Wait): void {
    if (this.#waits.get(key)?.why === why) return;
    this.end(key);
    this.#waits.set(key, { why, timer: this.#clock.after(ms, act) });
  }

  end(key: string): void {
    this.#waits.get(key)?.timer[Symbol.dispose]();
    this.#waits.delete(key);
  }

  [Symbol.dispose](): void {
    for (const key of this.#waits.keys()) this.end(key);
  }
}
