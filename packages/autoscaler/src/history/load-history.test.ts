import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePeaks, encodePeaks } from './encode.ts';
import { LoadHistory } from './load-history.ts';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
const startMs = 1_699_920_000_000; // midnight
const ahead = { leadMs: 5 * minuteMs, quantile: 95 };

const recorded = (from: number, minutes: number, load: (minute: number) => number): LoadHistory => {
  const history = new LoadHistory();
  for (let minute = 0; minute <= minutes; minute++) history.record(from + minute * minuteMs, load(minute));
  return history;
};

describe('the history of a load', () => {
  it('foretells the same from what was kept of it', () => {
    const before = recorded(startMs, 120, (minute) => (minute === 60 ? 80 : 1));
    const after = new LoadHistory();
    after.take(decodePeaks(encodePeaks(before.peaks())), before.lastMinute ?? 0);
    const [noon, night] = [startMs + dayMs + 57 * minuteMs, startMs + dayMs + 30 * minuteMs];
    expect(after.forecast(noon, ahead)).toBeCloseTo(before.forecast(noon, ahead) ?? 0, -1);
    expect(after.forecast(night, ahead)).toBeCloseTo(1, 1);
    expect(after.forecast(startMs + dayMs + 300 * minuteMs, ahead)).toBeUndefined();
  });

  it('goes on where the one before ended, and keeps what it has seen itself', () => {
    const before = recorded(startMs, 60, () => 7);
    const after = recorded(startMs + 30 * minuteMs, 5, () => 3);
    after.take(before.peaks(), before.lastMinute ?? 0);
    expect(after.forecast(startMs + dayMs + 10 * minuteMs, ahead)).toBe(7);
    expect(after.forecast(startMs + dayMs + 31 * minuteMs, { leadMs: 0, quantile: 95 })).toBe(3);
  });

  it('is no more than fifteen days, in a byte a minute', () => {
    const history = recorded(startMs, 20 * 1440, (minute) => minute % 7);
    expect(encodePeaks(history.peaks())).toHaveLength(15 * 1440);
    expect(encodePeaks(new LoadHistory().peaks())).toHaveLength(0);
  });
});

describe('a load in a byte', () => {
  it('is within a twentieth', () => {
    const load = fc.double({ min: 0.01, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(load, (value) => {
        const [read = 0] = decodePeaks(encodePeaks(Float32Array.of(value)));
        expect(Math.abs(read / value - 1)).toBeLessThan(0.05);
      }),
    );
  });

  it('tells nothing from no load', () => {
    const kept = decodePeaks(encodePeaks(Float32Array.of(-1, 0, Number.NaN, Number.POSITIVE_INFINITY)));
    expect([...kept.subarray(0, 3)]).toEqual([-1, 0, -1]);
    expect(kept[3]).toBeGreaterThan(1e6);
  });
});
