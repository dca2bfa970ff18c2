import type { Coupon } from './coupon.ts';
import { type Currency, type Offer, pricePerSecond } from './prices.ts';

/** One instance's time that is paid for: from the moment it was there until its end (serverless-node.md, section 2.4). */
export interface Usage {
  readonly groupId: string;
  readonly zoneId: string;
  readonly offer: Offer;
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  /** Undefined while it lasts. */
  readonly untilMs?: number | undefined;
  /** What it was for, from the group's tags. */
  readonly namespace: string;
  readonly pod: string;
  readonly service: string;
  readonly revision: string;
}

/** One instance's part of the bill. */
export interface BillItem extends Usage {
  /** Whole seconds, begun ones counted. */
  readonly seconds: number;
  /** Of those, seconds a coupon was used for. */
  readonly couponSeconds: number;
  /** Before coupons. */
  readonly price: number;
  readonly discount: number;
  /** `price` less `discount`. */
  readonly amount: number;
}

export interface BillOptions {
  readonly currency: Currency;
  /** The moment it is made, for what still lasts. */
  readonly nowMs: number;
  /** Default: none. */
  readonly coupons?: readonly Coupon[];
  /** Only the time between these counts. Default: all. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** The bill, an item for each instance; its sum is the sum of its items. */
export function makeBill(usages: readonly Usage[], options: BillOptions): BillItem[] {
  const { currency, nowMs, coupons = [], sinceMs = 0, untilMs = nowMs } = options;
  const spans = usages.flatMap((usage): Span[] => {
    const fromMs = Math.max(usage.fromMs, sinceMs);
    const toMs = Math.min(usage.untilMs ?? nowMs, untilMs, nowMs);
    return toMs > fromMs ? [{ usage, fromMs, toMs, covered: undefined }] : [];
  });
  for (const coupon of coupons) applyCoupon(coupon, spans);
  return spans.map(({ usage, fromMs, toMs, covered }) => {
    const seconds = Math.ceil((toMs - fromMs) / 1000);
    const perSecond = pricePerSecond(usage.offer, currency);
    const couponSeconds = covered ? Math.ceil((toMs - covered.fromMs) / 1000) : 0;
    const discount = couponSeconds * (covered?.off ?? 0) * perSecond;
    const price = seconds * perSecond;
    return { ...usage, seconds, couponSeconds, price, discount, amount: price - discount };
  });
}

interface Span {
  readonly usage: Usage;
  readonly fromMs: number;
  readonly toMs: number;
  /** From when to its end a coupon is used for it. */
  covered: { readonly fromMs: number; readonly off: number } | undefined;
}

/** At each moment a coupon goes to the oldest instances it fits, and to none that has one already. */
function applyCoupon({ instanceType, zoneId, count, off }: Coupon, spans: readonly Span[]): void {
  const fitting = spans
    .filter(
      ({ usage, covered }) =>
        usage.offer.instanceType === instanceType && usage.zoneId === zoneId && !usage.offer.spot && !covered,
    )
    .toSorted((a, b) => a.fromMs - b.fromMs || (a.usage.groupId < b.usage.groupId ? -1 : 1));
  const freeFromMs = Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
  for (const span of fitting) {
    // The part of the coupon that is free soonest.
    const place = freeFromMs.indexOf(Math.min(...freeFromMs));
    const beginMs = Math.max(span.fromMs, freeFromMs[place] ?? Number.POSITIVE_INFINITY);
    if (place === -1 || beginMs >= span.toMs) continue;
    freeFromMs[place] = span.toMs;
    span.covered = { fromMs: beginMs, off };
  }
}
