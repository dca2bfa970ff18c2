import { describe, expect, it } from 'vitest';
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

describe('RateLimits', () => {
  it('lets a burst pass, then so many a second, and says how long to wait', () => {
    const limits = new RateLimits();
    expect(limits.take('r', 'a', 0)).toBe(0);
    limits.set('r', { total: { perSecond: 2, burst: 3 }, perClient: undefined }, 0);
    expect([1, 2, 3].map(() => limits.take('r', 'a', 0))).toEqual([0, 0, 0]);
    expect(limits.take('r', 'b', 0)).toBe(500);
    expect(limits.take('r', 'b', 500)).toBe(0);
    expect(limits.take('other', 'b', 500)).toBe(0);
    limits.set('r', undefined, 500);
    expect([limits.take('r', 'b', 500), limits.isEmpty]).toEqual([0, true]);
  });

  it('counts each client by itself, and not what its own limit has stopped', () => {
    const limits = new RateLimits();
    limits.set('r', { total: { perSecond: 1, burst: 3 }, perClient: { perSecond: 1, burst: 1 } }, 0);
    expect(limits.take('r', 'a', 0)).toBe(0);
    for (let i = 0; i < 10; i++) expect(limits.take('r', 'a', 0)).toBeGreaterThan(0);
    expect([limits.take('r', 'b', 0), limits.take('r', 'c', 0)]).toEqual([0, 0]);
    expect(limits.take('r', 'd', 0)).toBeGreaterThan(0);
  });

  it('remembers no more clients than it has room for', () => {
    const limits = new RateLimits();
    limits.set('r', { total: undefined, perClient: { perSecond: 1, burst: 1 } }, 0);
    for (let i = 0; i < 20_001; i++) limits.take('r', `client ${i}`, 0);
    expect(limits.take('r', 'client 20000', 0)).toBeGreaterThan(0);
    expect(limits.take('r', 'client 0', 0)).toBe(0);
  });
});
