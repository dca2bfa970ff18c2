import type { Usage } from '../billing/bill.ts';
import { offerOf } from '../placement/place.ts';
import type { Group } from './group.ts';

/**
 * What of a group is to be paid for: from the moment its instance was there to its end, or to `goneAtMs` (serverless-node.md,
 * section 2.4). `undefined` if it never had one.
 */
export function usageOf(group: Group, goneAtMs?: number): Usage | undefined {
  const { state, placement, spec } = group;
  if (state.startedAtMs === undefined) return undefined;
  const tag = (key: string): string => spec.tags.find((each) => each.key === key)?.value ?? '';
  return {
    groupId: group.id,
    zoneId: placement.zoneId,
    offer: offerOf(spec, placement),
    fromMs: state.startedAtMs,
    untilMs: state.finishedAtMs ?? goneAtMs,
    namespace: tag('NameSpace'),
    pod: tag('PodName') || spec.name,
    service: tag('serving.knative.dev/service'),
    revision: tag('serving.knative.dev/revision'),
  };
}
