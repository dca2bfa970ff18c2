import type { Route, TrafficTarget } from '@ebb/api';
import { deepEqual } from '@ebb/kube';

/**
 * True if the Route's traffic is where its spec wants it once configurations are read as their latest ready revision:
 * entry by entry, URLs and the origin of a revision left out (serving-api.md, section 14, step 6).
 */
export function isMigrated(route: Route, latestReadyRevision: string | undefined): boolean {
  const wanted = (route.spec.traffic ?? []).map((target) =>
    target.configurationName ? comparable({ ...target, revisionName: latestReadyRevision ?? '' }) : comparable(target),
  );
  return deepEqual(wanted, (route.status?.traffic ?? []).map(comparable));
}

function comparable({ tag, revisionName, percent = 0 }: TrafficTarget): TrafficTarget {
  return { ...(tag ? { tag } : {}), ...(revisionName ? { revisionName } : {}), percent };
}
