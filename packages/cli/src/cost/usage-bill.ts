import { type Usage, makeBill, parseCoupon } from '@ebb/local-eci';
import type { InstanceUsage } from '@ebb/virtual-node';
import type { BillWish, PanelBill } from '../client/eci-panel.ts';

/** What spot asks of the list price where ECI did not tell: published is 10 to 70 %. */
const usualSpotShare = 0.3;

/**
 * What the instances that virtual nodes wrote down have cost at ECI's published prices: an estimate. It knows no market and
 * no contract, and it counts from when a group was made, seconds before ECI does.
 */
export function billOfUsage(usages: readonly InstanceUsage[], wish: BillWish, nowMs: number): PanelBill {
  const { currency, sinceMs, untilMs, coupons = [] } = wish;
  const items = makeBill(usages.map(pricedUsage), {
    currency,
    nowMs,
    sinceMs,
    untilMs,
    coupons: coupons.map(parseCoupon),
  });
  return { currency, nowMs, estimate: true, items };
}

function pricedUsage({ node: _node, offer, ...usage }: InstanceUsage): Usage {
  const { spot, ...size } = offer;
  // ECI's own default, which groups do not tell of.
  const protectedHours = 1;
  return {
    ...usage,
    offer: { ...size, ...(spot ? { spot: { share: spot.share ?? usualSpotShare, protectedHours } } : {}) },
  };
}
