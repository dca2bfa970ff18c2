import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { type RateAnswer, type RateAsk, RateCounters, type RouteLimits } from './rate-counters.ts';
import { RateLimits, readRouteLimits } from './rate-limits.ts';

describe('readRouteLimits', () => {
  it('reads rates and bursts', () => {
    expect(readRouteLimits({})).toBeUndefined();
    expect(readRouteLimits({ 'ebb.dev/rate-limit': '100', 'ebb.dev/rate-limit-per-client': '0.5/10' })).toEqual({
      total: { perSecond: 100, burst: 100 },
      perClient: { perSecond: 0.5, burst: 10 },
    });
  });

  it.each(['0', '-1', 'many', '1e3', '5/', '2000000'])('refuses %j', (text) => {
    expect(() => readRouteLimits({ 'ebb.dev/rate-limit': text })).toThrow(
      /^ebb.dev\/rate-limit = ".*": must be requests/,
    );
  });
});

describe('RateCounters', () => {
  const ask = (client: string, limits: RouteLimits, route = 'r'): RateAsk => ({ route, client, limits });

  it('let a burst pass, then so many a second, and say how long to wait', () => {
    const counters = new RateCounters();
    const limits = { total: { perSecond: 2, burst: 3 }, perClient: undefined };
    const take = (nowMs: number, route = 'r'): number => counters.take(ask('a', limits, route), nowMs).waitMs;
    expect([1, 2, 3].map(() => take(0))).toEqual([0, 0, 0]);
    expect(take(0)).toBe(500);
    expect(take(500)).toBe(0);
    expect(take(500, 'other')).toBe(0);
  });

  it('count each client by itself, and not what its own limit has stopped', () => {
    const counters = new RateCounters();
    const limits = { total: { perSecond: 1, burst: 3 }, perClient: { perSecond: 1, burst: 1 } };
    const take = (client: string): RateAnswer => counters.take(ask(client, limits), 0);
    expect(take('a').waitMs).toBe(0);
    for (let i = 0; i < 10; i++) expect(take('a')).toEqual({ waitMs: 1000, by: 'client' });
    expect([take('b').waitMs, take('c').waitMs]).toEqual([0, 0]);
    expect(take('d')).toEqual({ waitMs: 1000, by: 'route' });
  });

  it('remember no more clients than they have room for', () => {
    const counters = new RateCounters();
    const limits = { total: undefined, perClient: { perSecond: 1, burst: 1 } };
    const take = (client: number): number => counters.take(ask(String(client), limits), 0).waitMs;
    for (let i = 0; i < 20_001; i++) take(i);
    expect(take(20_000)).toBeGreaterThan(0);
    expect(take(0)).toBe(0);
  });
});

describe('RateLimits', () => {
  it('count only where there are limits, and go on counting when they change', () => {
    const limits = new RateLimits({ clock: new FakeClock() });
    const take = (): number | undefined => {
      let answer: number | undefined;
      limits.take('r', 'a', (waitMs) => (answer = waitMs));
      return answer;
    };
    const perClient = undefined;
    expect(take()).toBe(0);
    limits.set('r', { total: { perSecond: 1, burst: 1 }, perClient });
    expect([take(), take()]).toEqual([0, 1000]);
    limits.set('r', { total: { perSecond: 2, burst: 9 }, perClient });
    expect(take()).toBe(500);
    limits.set('r', undefined);
    expect([take(), limits.isEmpty]).toEqual([0, true]);
  });
});
