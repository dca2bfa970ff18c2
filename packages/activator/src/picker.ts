import type { Backend } from './backend.ts';

/** Chooses among backends that are ready and have room. It holds only such: callers offer and withdraw them. */
export interface Picker {
  /** Puts in a backend that can take a request; one already in stays where it is. */
  offer(backend: Backend): void;
  /** Takes out a backend; one that is not in is ignored. */
  withdraw(backend: Backend): void;
  /** The backend for the next request, if there is one. It stays in. */
  pick(): Backend | undefined;
}
