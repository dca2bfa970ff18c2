import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dated, Deadlines } from './deadlines.ts';

const dated = (due: (now: number) => number | undefined): Dated => ({ due, place: undefined });

describe('Deadlines', () => {
  it('meets each at its time or up to 50 ms later, never before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 30 }), async (times) => {
        const clock = new FakeClock(0);
        using deadlines = new Deadlines(clock);
        const met: number[] = [];
        for (const [i, at] of times.entries()) {
          deadlines.set(
            dated((now) => {
              met[i] = now;
              return undefined;
            }),
            at,
          );
        }
        await clock.advance(3100);
        const late = times.map((at, i) => (met[i] ?? Infinity) - at);
        expect(late.filter((ms) => ms < 0 || ms > 50)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('asks again at the time it is told, and forgets what is dropped', async () => {
    const clock = new FakeClock(0);
    using deadlines = new Deadlines(clock);
    const asked: number[] = [];
    const again = dated((now) => {
      asked.push(now);
      return asked.length < 3 ? now + 100 : undefined;
    });
    const dropped = dated(() => expect.unreachable());
    deadlines.set(again, 100);
    deadlines.set(dropped, 100);
    deadlines.drop(dropped);
    await clock.advance(1000);
    expect(asked).toEqual([100, 200, 300]);
  });

  it('keeps only the last of the times set', async () => {
    const clock = new FakeClock(0);
    using deadlines = new Deadlines(clock);
    const asked: number[] = [];
    const moved = dated((now) => void asked.push(now) as undefined);
    deadlines.set(moved, 100);
    deadlines.set(moved, 500);
    await clock.advance(1000);
    expect(asked).toEqual([500]);
  });
});
