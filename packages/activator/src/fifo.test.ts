import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo, type Place } from './fifo.ts';

describe('Fifo', () => {
  it('behaves as a list does', () => {
    const step = fc.oneof(fc.constant('push' as const), fc.constantFrom('shift' as const, 'pop' as const), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const fifo = new Fifo<number>();
        const places: Place<number>[] = [];
        let model: number[] = [];
        const seen: unknown[] = [];
        const expected: unknown[] = [];
        for (const [i, what] of steps.entries()) {
          const place = typeof what === 'number' ? places[what] : undefined;
          if (what === 'push') {
            places.push(fifo.push(i));
            model.push(i);
          } else if (what === 'shift') {
            seen.push(fifo.shift());
            expected.push(model.shift());
          } else if (what === 'pop') {
            seen.push(fifo.pop());
            expected.push(model.pop());
          } else if (place) {
            seen.push(fifo.remove(place));
            expected.push(model.includes(place.value));
            model = model.filter((other) => other !== place.value);
          }
          seen.push(fifo.size, fifo.first?.value);
          expected.push(model.length, model[0]);
        }
        expect(seen).toEqual(expected);
      }),
    );
  });
});
