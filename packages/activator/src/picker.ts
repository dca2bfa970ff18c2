import type { Backend } from './backend.ts';
import { FirstAvailable } from './first-available.ts';
import { RoundRobin } from './round-robin.ts';
import { TwoChoices } from './two-choices.ts';

/** Chooses among backends that are ready and have room. It holds only such: callers offer and withdraw them. */
export interface Picker {
  /** Puts in a backend that can take a request; one already in stays where it is. */
  offer(backend: Backend): void;
  /** Takes out a backend; one that is not in is ignored. */
  withdraw(backend: Backend): void;
  /** The backend for the next request, if there is one. It stays in. */
  pick(): Backend | undefined;
}

/**
 * The policy for a container concurrency (data-path.md, section 9.6): unlimited, the less busy of two at random; up to
 * three, the oldest that has room, which leaves the others idle and so free to go; above, each in turn.
 */
export function createPicker(containerConcurrency: number, random: () => number): Picker {
  if (containerConcurrency === 0) return new TwoChoices(random);
  return containerConcurrency <= 3 ? new FirstAvailable() : new RoundRobin();
}
