import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { TickWheel, slotMs } from './tick-wheel.ts';

/** A turning wheel, and when each key ticked, in milliseconds since the start. */
function turning(): { clock: FakeClock; wheel: TickWheel; ticks: (key: string) => readonly number[] } {
  const clock = new FakeClock();
  const start = clock.now();
  const log: { key: string; at: number }[] = [];
  const wheel = new TickWheel((key) => log.push({ key, at: clock.now() - start }), start);
  const ticks = (key: string): readonly number[] => log.filter((each) => each.key === key).map(({ at }) => at);
  clock.every(slotMs, () => wheel.turnTo(clock.now()));
  return { clock, wheel, ticks };
}

describe('TickWheel', () => {
  it('ticks each key every two seconds, at its own phase', async () => {
    const { clock, wheel, ticks } = turning();
    wheel.add('a', clock.now());
    await clock.advance(700);
    wheel.add('b', clock.now());
    await clock.advance(6000);
    expect(ticks('a')).toEqual([2000, 4000, 6000]);
    expect(ticks('b')).toEqual([2700, 4700, 6700]);
  });

  it('no longer ticks what was removed', async () => {
    const { clock, wheel, ticks } = turning();
    wheel.add('a', clock.now());
    await clock.advance(2000);
    wheel.remove('a');
    await clock.advance(10_000);
    expect(ticks('a')).toEqual([2000]);
  });

  it('ticks once for all that was missed in a stall', () => {
    const ticks: string[] = [];
    const wheel = new TickWheel((key) => ticks.push(key), 0);
    wheel.add('a', 0);
    wheel.turnTo(60_000);
    expect(ticks).toEqual(['a']);
  });

  it('goes on when the clock was set back', () => {
    const ticks: string[] = [];
    const wheel = new TickWheel((key) => ticks.push(key), 3_600_000);
    wheel.add('a', 3_600_000);
    for (let now = 0; now <= 4000; now += slotMs) wheel.turnTo(now);
    expect(ticks).toEqual(['a', 'a']);
  });
});
