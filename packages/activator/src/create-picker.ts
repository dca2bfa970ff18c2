import { FirstAvailable } from './first-available.ts';
import type { Picker } from './picker.ts';
import { RoundRobin } from './round-robin.ts';
import { TwoChoices } from './two-choices.ts';

/**
 * The policy for a container concurrency (data-path.md, section 9.6): unlimited, the less busy of two at random; up to
 * three, the oldest that has room, which leaves the others idle and so free to go; above, each in turn.
 */
export function createPicker(containerConcurrency: number, random: () => number): Picker {
  if (containerConcurrency === 0) return new TwoChoices(random);
  return containerConcurrency <= 3 ? new FirstAvailable() : new RoundRobin();
}
