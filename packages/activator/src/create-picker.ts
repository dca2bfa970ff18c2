import { FirstAvailable } from './first-available.ts';
import { LeastBusy } from './least-busy.ts';
import type { Picker } from './picker.ts';
import { RoundRobin } from './round-robin.ts';
import { TwoChoices } from './two-choices.ts';

/** How instances are chosen where it is asked for: each in turn, or the one with the fewest requests. */
export type Scheduler = 'round-robin' | 'least-busy';

/**
 * The policy for a container concurrency (data-path.md, section 9.6): unlimited, the less busy of two at random; up to
 * three, the oldest that has room, which leaves the others idle and so free to go; above, each in turn. A scheduler that is asked for takes its place.
 */
export function createPicker(containerConcurrency: number, random: () => number, scheduler?: Scheduler): Picker {
  if (scheduler) return scheduler === 'least-busy' ? new LeastBusy() : new RoundRobin();
  if (containerConcurrency === 0) return new TwoChoices(random);
  return containerConcurrency <= 3 ? new FirstAvailable() : new RoundRobin();
}
