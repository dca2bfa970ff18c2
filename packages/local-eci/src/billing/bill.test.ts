import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BillOptions, type Usage, makeBill } from './bill.ts';
import type { Coupon } from './coupon.ts';
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

const xlarge = { instanceType: 'ecs.g7.xlarge', cpu: 4, memory: 16 };
const coupon = (of: Partial<Coupon>): Coupon => ({
  instanceType: xlarge.instanceType,
  zoneId: 'local-a',
  count: 1,
  off: 0.5,
  ...of,
});

describe('prices', () => {
  it.each([
    // What a vCPU and a GiB cost alone (serverless-node.md, section 2.7).
    [{ cpu: 1, memory: 0 }, 'CNY', 0.000049],
    [{ cpu: 1, memory: 0 }, 'USD', 0.0000077],
    [{ cpu: 0, memory: 1 }, 'CNY', 0.00000613],
    [{ cpu: 0, memory: 1 }, 'USD', 0.00000096],
    [{ cpu: 1, memory: 0, computeCategory: 'economy' }, 'CNY', 0.000027],
    [{ cpu: 1, memory: 0, computeCategory: 'economy' }, 'USD', 0.00000424],
    [{ cpu: 1, memory: 0, computeCategory: 'general' }, 'CNY', 0.000049],
    // As documented for 2 vCPU and 4 GiB; smaller, odd and larger ones.
    [{ cpu: 2, memory: 4 }, 'CNY', 0.00012252],
    [{ cpu: 0.25, memory: 0.5 }, 'CNY', 0.000015315],
    [{ cpu: 2, memory: 1 }, 'USD', 0.00001636],
    [{ cpu: 4, memory: 16, instanceType: 'ecs.g7.xlarge' }, 'CNY', 0.00029408],
    [{ cpu: 2, memory: 4, computeCategory: 'economy' }, 'CNY', 0.00007852],
    // Spot, at the ends of what the market asks, and without its hour; burstable types, and these as spot.
    [{ cpu: 2, memory: 4, spot: { share: 0.1, protectedHours: 1 } }, 'CNY', 0.000012252],
    [{ cpu: 2, memory: 4, spot: { share: 0.7, protectedHours: 6 } }, 'CNY', 0.000085764],
    [{ cpu: 2, memory: 4, spot: { share: 0.3, protectedHours: 0 } }, 'CNY', 0.0000330804],
    [{ cpu: 2, memory: 4, instanceType: 'ecs.t6-c1m2.large' }, 'CNY', 0.0000661608],
    [
      { cpu: 2, memory: 4, instanceType: 'ecs.t5-c1m2.large', spot: { share: 0.5, protectedHours: 1 } },
      'CNY',
      0.0000330804,
    ],
  ] as const)('%o costs in %s %d a second', (offer, currency, price) => {
    expect(pricePerSecond(offer, currency)).toBeCloseTo(price, 12);
  });

  it('are those published for an hour of 1 vCPU and 2 GiB', () => {
    const hour = (currency: 'CNY' | 'USD'): number => pricePerSecond({ cpu: 1, memory: 2 }, currency) * 3600;
    expect(hour('CNY')).toBeCloseTo(0.2206, 3);
    expect(hour('USD')).toBeCloseTo(0.0346, 4);
  });
});

describe('a bill of one instance', () => {
  const list = 0.00029408; // of ecs.g7.xlarge, CNY a second
  it.each<
    [string, Partial<Usage>, Partial<BillOptions>, [seconds: number, covered: number, amount: number] | undefined]
  >([
    ['an hour', { untilMs: 3_600_000 }, {}, [3600, 0, 3600 * list]],
    ['a second, for less', { untilMs: 1 }, {}, [1, 0, list]],
    ['a second', { untilMs: 1000 }, {}, [1, 0, list]],
    ['each second begun', { untilMs: 1001 }, {}, [2, 0, 2 * list]],
    ['nothing for no time', { untilMs: 0 }, {}, undefined],
    ['what lasts up to now', { untilMs: undefined }, { nowMs: 90_000 }, [90, 0, 90 * list]],
    [
      'what is within the time asked for',
      { untilMs: 60_000 },
      { sinceMs: 10_000, untilMs: 20_000 },
      [10, 0, 10 * list],
    ],
    ['half with a coupon', { untilMs: 60_000 }, { coupons: [coupon({})] }, [60, 60, 30 * list]],
    ['less with a smaller one', { untilMs: 60_000 }, { coupons: [coupon({ off: 0.2 })] }, [60, 60, 48 * list]],
    [
      'no less with one of another zone',
      { untilMs: 60_000 },
      { coupons: [coupon({ zoneId: 'b' })] },
      [60, 0, 60 * list],
    ],
    [
      'no less with two coupons than with one',
      { untilMs: 60_000 },
      { coupons: [coupon({}), coupon({})] },
      [60, 60, 30 * list],
    ],
    [
      'spot, which no coupon is for',
      { untilMs: 60_000, offer: { ...xlarge, spot: { share: 0.3, protectedHours: 1 } } },
      { coupons: [coupon({})] },
      [60, 0, 18 * list],
    ],
    [
      'no coupon by size alone',
      { untilMs: 60_000, offer: { cpu: 4, memory: 16 } },
      { coupons: [coupon({})] },
      [60, 0, 60 * list],
    ],
  ])('counts %s', (_what, of, options, expected) => {
    const [item, ...more] = makeBill([{ ...usage('a', 0, 60, xlarge), ...of }], {
      currency: 'CNY',
      nowMs: 10_000_000,
      ...options,
    });
    expect(more).toEqual([]);
    expect(item && [item.seconds, item.couponSeconds, Number(item.amount.toFixed(9))]).toEqual(
      expected && [expected[0], expected[1], Number(expected[2].toFixed(9))],
    );
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
