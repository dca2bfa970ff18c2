/** What decides whether a pod is missed. */
export interface PodFacts {
  readonly ready: boolean;
  readonly spot: boolean;
  /** Requests it has. */
  readonly inFlight: number;
  /** Older ones are less. */
  readonly created: string | number;
}

/**
 * The `count` pods that are missed least: those not ready first, then spot ones, then those with the fewest requests in flight, then
 * the youngest.
 */
export function chooseVictims<T>(pods: readonly T[], count: number, factsOf: (pod: T) => PodFacts): readonly T[] {
  if (count <= 0) return [];
  return pods
    .map((pod) => ({ pod, facts: factsOf(pod) }))
    .toSorted(({ facts: a }, { facts: b }) => {
      const byState = Number(a.ready) - Number(b.ready) || Number(b.spot) - Number(a.spot);
      return byState || a.inFlight - b.inFlight || compare(b.created, a.created);
    })
    .slice(0, count)
    .map(({ pod }) => pod);
}

const compare = (a: string | number, b: string | number): number => Number(a > b) - Number(a < b);
