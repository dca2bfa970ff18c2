import { isBurstable } from '../sizes/instance-types.ts';
import type { Size } from '../sizes/specs.ts';

export type Currency = 'USD' | 'CNY';

/** Of one second (serverless-node.md, section 2.7). */
interface Rates {
  readonly cpu: number;
  readonly memory: number;
  readonly economyCpu: number;
}

const rates: Readonly<Record<Currency, Rates>> = {
  USD: { cpu: 0.000_007_7, memory: 0.000_000_96, economyCpu: 0.000_004_24 },
  CNY: { cpu: 0.000_049, memory: 0.000_006_13, economyCpu: 0.000_027 },
};

/** What burstable types cost of the list price. */
const burstableShare = 0.54;
/** Without an hour's protection spot is about a tenth less again. */
const unprotectedShare = 0.9;

/** What an instance is billed as. */
export interface Offer extends Size {
  /** The ECS type it was made from, if it was. */
  readonly instanceType?: string | undefined;
  readonly computeCategory?: 'economy' | 'general' | undefined;
  /** Default: on demand. */
  readonly spot?: SpotOffer | undefined;
}

export interface SpotOffer {
  /** What the market asks of the list price, 0.1 to 0.7. */
  readonly share: number;
  /** Hours the instance is not taken back. */
  readonly protectedHours: number;
}

/** The list price of one second. 2 vCPU and 4 GiB: 0.00012252 CNY. */
export function listPrice({ cpu, memory, instanceType, computeCategory }: Offer, currency: Currency): number {
  const { cpu: usual, memory: gib, economyCpu } = rates[currency];
  const whole = cpu * (computeCategory === 'economy' ? economyCpu : usual) + memory * gib;
  return instanceType !== undefined && isBurstable(instanceType) ? whole * burstableShare : whole;
}

/** What one second costs after the discount of spot instances. */
export function pricePerSecond(offer: Offer, currency: Currency): number {
  const price = listPrice(offer, currency);
  if (!offer.spot) return price;
  return price * offer.spot.share * (offer.spot.protectedHours === 0 ? unprotectedShare : 1);
}
