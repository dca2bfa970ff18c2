import type { Backend } from './backend.ts';
import { Fifo, type Place } from './fifo.ts';
import type { Picker } from './picker.ts';

/** Each backend in turn; one that comes back waits for its turn behind the others. */
export class RoundRobin implements Picker {
  readonly #line = new Fifo<Backend>();
  readonly #places = new Map<Backend, Place<Backend>>();

  offer(backend: Backend): void {
    if (!this.#places.has(backend)) this.#places.set(backend, this.#line.push(backend));
  }

  withdraw(backend: Backend): void {
    const place = this.#places.get(backend);
    if (!place) return;
    this.#line.remove(place);
    this.#places.delete(backend);
  }

  pick(): Backend | undefined {
    const backend = this.#line.first?.value;
    this.#line.rotate();
    return backend;
  }
}
