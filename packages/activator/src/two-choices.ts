import type { Backend } from './backend.ts';
import type { Picker } from './picker.ts';

/** Of two backends at random the one with fewer requests. Each step costs the same, however many there are. */
export class TwoChoices implements Picker {
  readonly #backends: Backend[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  offer(backend: Backend): void {
    if (backend.index !== -1) return;
    backend.index = this.#backends.push(backend) - 1;
  }

  withdraw(backend: Backend): void {
    if (backend.index === -1) return;
    const last = this.#backends.pop();
    if (last && last !== backend) {
      this.#backends[backend.index] = last;
      last.index = backend.index;
    }
    backend.index = -1;
  }

  pick(): Backend | undefined {
    const { length } = this.#backends;
    if (length < 2) return this.#backends[0];
    const one = Math.floor(this.#random() * length);
    const step = 1 + Math.floor(this.#random() * (length - 1));
    const a = this.#backends[one];
    const b = this.#backends[(one + step) % length];
    // Which of the two came first is random already, so a tie needs no further coin.
    return a && b && b.inFlight < a.inFlight ? b : a;
  }
}
