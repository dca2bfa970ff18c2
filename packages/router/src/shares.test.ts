import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares } from './shares.ts';

/** Percentages that add up to 100, some of them perhaps 0. */
const percentages = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 9 }).map((cuts) => {
  const sorted = [0, ...cuts.toSorted((a, b) => a - b), 100];
  return sorted.slice(1).map((cut, i) => cut - sorted[i]!);
});

const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
  return seed / 2 ** 32;
};

const take = (shares: Shares, count: number): number[] => Array.from({ length: count }, () => shares.next());
const occurrences = (choices: readonly number[], target: number): number => choices.filter((c) => c === target).length;

describe('Shares', () => {
  it('is never a whole request away from any share, however many requests there were', () => {
    fc.assert(
      fc.property(percentages, fc.integer(), (percents, seed) => {
        const shares = new Shares(percents, seeded(seed));
        const counts = percents.map(() => 0);
        let mostOff = 0;
        for (let n = 1; n <= 350; n++) {
          counts[shares.next()]!++;
          mostOff = Math.max(mostOff, ...percents.map((percent, i) => Math.abs(counts[i]! * 100 - percent * n)));
        }
        expect(mostOff).toBeLessThan(100);
      }),
    );
  });

  it('is at most one off in any hundred requests in a row', () => {
    fc.assert(
      fc.property(percentages, fc.integer(), fc.nat(400), (percents, seed, start) => {
        const hundred = take(new Shares(percents, seeded(seed)), start + 100).slice(start);
        for (const [i, percent] of percents.entries())
          expect(Math.abs(occurrences(hundred, i) - percent)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gives 200 of 1,000 requests to 20 %, and none to 0 %', () => {
    const choices = take(new Shares([80, 20, 0], seeded(7)), 1000);
    expect([0, 1, 2].map((target) => occurrences(choices, target))).toEqual([800, 200, 0]);
  });

  it.each([
    [2, [50, 50]],
    [5, [80, 20]],
    [10, [90, 10]],
    [4, [25, 25, 50]],
    [100, [99, 1]],
  ])('does not pin any of %i clients that take turns at shares of %j', (clients, percents) => {
    const rounds = 2000;
    const shares = new Shares(percents, seeded(clients));
    const counts = Array.from({ length: clients }, () => percents.map(() => 0));
    for (let i = 0; i < clients * rounds; i++) counts[i % clients]![shares.next()]!++;
    for (const count of counts)
      for (const [i, percent] of percents.entries())
        expect(Math.abs(count[i]! / rounds - percent / 100)).toBeLessThan(0.12);
  });

  it('has no long runs of one target', () => {
    const choices = take(new Shares([50, 50], seeded(1)), 1000).join('');
    expect(choices).not.toMatch(/000|111/);
  });

  it('takes weights that do not add up to a hundred', () => {
    const choices = take(new Shares([1, 1, 1], seeded(3)), 300);
    expect([0, 1, 2].map((target) => occurrences(choices, target))).toEqual([100, 100, 100]);
  });
});
