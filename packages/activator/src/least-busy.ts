import type { Backend } from './backend.ts';
import type { Picker } from './picker.ts';

/** The backend with the fewest requests of all, the oldest of several. Looks at each that has room. */
export class LeastBusy implements Picker {
  readonly #backends = new Set<Backend>();

  offer(backend: Backend): void {
    this.#backends.add(backend);
  }

  withdraw(backend: Backend): void {
    this.#backends.delete(backend);
  }

  pick(): Backend | undefined {
    let least: Backend | undefined;
    for (const backend of this.#backends) {
      const fewer = least ? backend.inFlight - least.inFlight || backend.sequence - least.sequence : -1;
      if (fewer < 0) least = backend;
    }
    return least;
  }
}
