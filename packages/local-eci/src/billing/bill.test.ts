import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Usage, makeBill } from './bill.ts';
import { pricePerSecond } from './prices.ts';

const usage = (id: string, fromS: number, untilS: number, offer: Partial<Usage['offer']> = {}): Usage => ({
  groupId: id,
  zoneId: 'local-a',
  offer: { cpu: 2, memory: 4, ...offer },
  fromMs: fromS * 1000,
  untilMs: untilS * 1000,
  namespace: 'default',
  pod: `pod-${id}`,
  service: 'hello',
  revision: 'hello-00001',
});

describe('prices', () => {
  it.each([
    // As documented for 2 vCPU and 4 GiB, and 1 and 2.
    [{ cpu: 2, memory: 4 }, 'CNY', 0.00012252],
    [{ cpu: 1, memory: 2 }, 'USD', 0.0346 / 3600],
    [{ cpu: 2, memory: 4, computeCategory: 'economy' }, 'CNY', 2 * 0.000027 + 4 * 0.00000613],
    [{ cpu: 2, memory: 4, spot: { share: 0.3, protectedHours: 1 } }, 'CNY', 0.3 * 0.00012252],
    [{ cpu: 2, memory: 4, spot: { share: 0.3, protectedHours: 0 } }, 'CNY', 0.27 * 0.00012252],
    [{ cpu: 2, memory: 4, instanceType: 'ecs.t6-c1m2.large' }, 'CNY', 0.54 * 0.00012252],
  ] as const)('%o costs in %s %d a second', (offer, currency, price) => {
    expect(pricePerSecond(offer, currency)).toBeCloseTo(price, 7);
  });
});

describe('the bill', () => {
  it('counts the seconds an instance was there, those of the time asked for, and what lasts up to now', () => {
    const lasting: Usage = { ...usage('b', 100, 0), untilMs: undefined };
    const bill = (options = {}): [string, number][] =>
      makeBill([usage('a', 10, 20.5), lasting], { currency: 'CNY', nowMs: 160_000, ...options }).map((item) => [
        item.groupId,
        item.seconds,
      ]);
    expect(bill()).toEqual([
      ['a', 11],
      ['b', 60],
    ]);
    expect(bill({ sinceMs: 15_000, untilMs: 110_000 })).toEqual([
      ['a', 6],
      ['b', 10],
    ]);
    expect(bill({ nowMs: 5_000 })).toEqual([]);
  });

  it('uses a coupon for one instance of its type and zone at a time', () => {
    const type = { instanceType: 'ecs.g7.xlarge', cpu: 4, memory: 16 };
    const items = makeBill([usage('a', 0, 60, type), usage('b', 30, 100, type), usage('c', 0, 100)], {
      currency: 'CNY',
      nowMs: 200_000,
      coupons: [{ instanceType: 'ecs.g7.xlarge', zoneId: 'local-a', count: 1, off: 0.5 }],
    });
    expect(items.map(({ groupId, couponSeconds }) => [groupId, couponSeconds])).toEqual([
      ['a', 60],
      ['b', 40],
      ['c', 0],
    ]);
    const [first] = items;
    expect(first?.amount).toBeCloseTo((first?.price ?? 0) / 2, 10);
  });

  it('charges each second once, and takes no more off than it charges', () => {
    const some = fc.array(
      fc.tuple(fc.nat(1000), fc.nat(1000)).map(([from, length]) => usage('a', from, from + length, xlarge)),
    );
    fc.assert(
      fc.property(some, fc.nat(3), (usages, count) => {
        const coupons = [{ instanceType: xlarge.instanceType, zoneId: 'local-a', count, off: 0.5 }];
        const items = makeBill(usages, { currency: 'USD', nowMs: 5_000_000, coupons });
        const lengths = usages.map(({ fromMs, untilMs = 0 }) => (untilMs - fromMs) / 1000).filter((each) => each > 0);
        expect(items.map(({ seconds }) => seconds)).toEqual(lengths);
        for (const { price, discount, amount } of items) {
          expect(discount).toBeLessThanOrEqual(price / 2 + 1e-12);
          expect(amount).toBeCloseTo(price - discount, 12);
        }
      }),
    );
  });
});

const xlarge = { instanceType: 'ecs.g7.xlarge', cpu: 4, memory: 16 };
