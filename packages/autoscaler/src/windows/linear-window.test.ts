import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearWindow } from './linear-window.ts';

/** Records `[second, value]` pairs into a window of `length` seconds. */
function filled(length: number, records: readonly (readonly [number, number])[]): LinearWindow {
  const window = new LinearWindow(length);
  for (const [second, value] of records) window.record(second, value);
  return window;
}

/** The same average, from all records kept. */
function naiveAverage(length: number, records: readonly (readonly [number, number])[], now: number): number {
  let kept: (readonly [number, number])[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    if (record[0] <= last - length) continue;
    if (record[0] - last >= length) kept = [];
    kept.push(record);
    last = Math.max(last, record[0]);
  }
  const silence = Math.max(0, now - last);
  if (silence >= length) return 0;
  const first = Math.min(...kept.map(([second]) => second));
  const inside = kept.filter(([second]) => second > Math.max(now, last) - length);
  const sum = inside.reduce((total, [, value]) => total + value, 0);
  return sum / Math.min(last - first + 1, length - silence);
}

describe('LinearWindow', () => {
  const ramp = Array.from({ length: 10 }, (_, second) => [100 + second, (second + 1) * 10] as const);

  it('averages a young window over the seconds since its first write', () => {
    expect(
      filled(10, [
        [100, 8],
        [101, 8],
      ]).average(101),
    ).toBe(8);
  });

  it('drifts to the older values in silence, then falls to zero in one step', () => {
    const window = filled(10, ramp);
    expect([109, 112, 115, 118, 119].map((second) => window.average(second))).toEqual([55, 70, 85, 100, 0]);
    expect([119, 120].map((second) => window.isEmpty(second))).toEqual([false, true]);
  });

  it('takes a gap for zeros as soon as it is written to again', () => {
    expect(filled(10, [...ramp, [113, 50]]).average(113)).toBe(50);
  });

  it('averages like a model that keeps every record', () => {
    const record = fc.tuple(fc.integer({ min: 1000, max: 1060 }), fc.integer({ min: -50, max: 200 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(record, { maxLength: 40 }),
        fc.integer({ min: 0, max: 30 }),
        (length, records, later) => {
          const now = Math.max(1000, ...records.map(([second]) => second)) + later;
          expect(filled(length, records).average(now)).toBeCloseTo(naiveAverage(length, records, now), 5);
        },
      ),
    );
  });
});
