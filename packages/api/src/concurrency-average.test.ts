import { describe, expect, it } from 'vitest';
import { ConcurrencyAverage } from './concurrency-average.ts';

describe('ConcurrencyAverage', () => {
  it('averages two requests of half a second each to one', () => {
    const average = new ConcurrencyAverage(0);
    for (const at of [0, 500]) {
      average.begin(at);
      average.begin(at);
      average.end(at + 250);
      average.end(at + 250);
    }
    expect(average.report(1000)).toEqual({ average: 1, count: 4 });
    expect(average.report(2000)).toEqual({ average: 0, count: 0 });
  });

  it('carries requests over into the next period without counting them again', () => {
    const average = new ConcurrencyAverage(0);
    average.begin(900);
    expect(average.report(1000)).toEqual({ average: 0.1, count: 1 });
    expect(average.report(2000)).toEqual({ average: 1, count: 0 });
    expect(average.present).toBe(1);
  });

  it('adds no time for an event older than the last', () => {
    const average = new ConcurrencyAverage(0);
    average.begin(500);
    average.begin(400);
    expect(average.report(1000)).toEqual({ average: 1, count: 2 });
  });
});
