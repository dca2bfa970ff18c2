import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaxWindow } from './max-window.ts';

describe('MaxWindow', () => {
  it('lets go of a value one slot after the delay', () => {
    const window = new MaxWindow(4);
    expect([10, 12, 14].map((second) => window.record(second, second === 10 ? 7 : 1))).toEqual([7, 7, 1]);
  });

  it('keeps the larger of two values in a slot', () => {
    const window = new MaxWindow(1);
    expect([window.record(10, 5), window.record(11, 3), window.record(12, 2)]).toEqual([5, 5, 2]);
  });

  it('holds the maximum of a model that keeps every value', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 200 }), (delay, steps) => {
        const window = new MaxWindow(delay);
        const kept: { slot: number; value: number }[] = [];
        let second = 1000;
        for (const [later, value] of steps) {
          second += later;
          const slot = Math.floor(second / 2);
          kept.push({ slot, value });
          const inside = kept.filter((each) => each.slot > slot - Math.ceil(delay / 2));
          expect(window.record(second, value)).toBe(Math.max(...inside.map((each) => each.value)));
        }
      }),
    );
  });
});
