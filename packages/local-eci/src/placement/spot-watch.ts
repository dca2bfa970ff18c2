import type { Clock } from '@ebb/base';
import type { Group } from '../groups/group.ts';
import { type Market, isTakenBack } from './place.ts';

/** How often price and stock are looked at, and how long before its end an instance is told (serverless-node.md, section 2.8). */
const lookEveryMs = 300_000;
export const usualNoticeMs = 180_000;

interface SpotWatchOptions {
  readonly groups: () => readonly Group[];
  readonly market: Market;
  readonly clock: Clock;
}

/** Takes back spot instances that are protected no longer, and that the market would not give again. */
export function watchSpotMarket({ groups, market, clock }: SpotWatchOptions): Disposable {
  return clock.every(lookEveryMs, () => {
    for (const group of groups()) {
      if (!group.spec.spot || group.protectedUntilMs > clock.now()) continue;
      if (isTakenBack(group.spec, group.placement, market)) group.reclaim(usualNoticeMs);
    }
  });
}
