import type { Backend } from './backend.ts';
import type { Picker } from './picker.ts';

/** The oldest backend that has room: a binary heap by age, in which each backend knows its index. */
export class FirstAvailable implements Picker {
  readonly #heap: Backend[] = [];

  offer(backend: Backend): void {
    if (backend.index !== -1) return;
    this.#put(backend, this.#heap.length);
    this.#rise(backend);
  }

  withdraw(backend: Backend): void {
    const { index } = backend;
    if (index === -1) return;
    backend.index = -1;
    const last = this.#heap.pop();
    if (!last || last === backend) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  pick(): Backend | undefined {
    return this.#heap[0];
  }

  #put(backend: Backend, index: number): void {
    this.#heap[index] = backend;
    backend.index = index;
  }

  #exchange(a: Backend, b: Backend): void {
    const { index } = a;
    this.#put(a, b.index);
    this.#put(b, index);
  }

  #rise(backend: Backend): void {
    for (;;) {
      const parent = this.#heap[(backend.index - 1) >> 1];
      if (backend.index === 0 || !parent || parent.sequence <= backend.sequence) return;
      this.#exchange(backend, parent);
    }
  }

  #sink(backend: Backend): void {
    for (;;) {
      const left = this.#heap[2 * backend.index + 1];
      const right = this.#heap[2 * backend.index + 2];
      const older = left && right && right.sequence < left.sequence ? right : left;
      if (!older || older.sequence >= backend.sequence) return;
      this.#exchange(backend, older);
    }
  }
}
