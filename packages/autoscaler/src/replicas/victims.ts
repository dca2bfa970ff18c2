import type { Pod } from '@ebb/api';
import { isPodReady } from './replica.ts';
import { kindOf } from './roster.ts';

/**
 * The `count` pods that are missed least: those not ready first, then spot ones, then those with the fewest requests in flight, then
 * the youngest.
 */
export function chooseVictims(pods: readonly Pod[], count: number, inFlight: (pod: Pod) => number): readonly Pod[] {
  const ranked = pods.map((pod) => ({
    pod,
    ready: isPodReady(pod) ? 1 : 0,
    spot: kindOf(pod) === 'spot' ? 0 : 1,
    inFlight: inFlight(pod),
    created: pod.metadata.creationTimestamp ?? '',
  }));
  return ranked
    .toSorted(
      (a, b) => a.ready - b.ready || a.spot - b.spot || a.inFlight - b.inFlight || compare(b.created, a.created),
    )
    .slice(0, Math.max(0, count))
    .map(({ pod }) => pod);
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);
