import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { TickWheel } from './tick-wheel.ts';

/** A turning wheel, and when each key ticked, in milliseconds since the start. */
function turning(): { clock: FakeClock; wheel: TickWheel; ticks: (key: string) => readonly number[] } {
  const clock = new FakeClock();
  const start = clock.now();
  const log: { key: string; at: number }[] = [];
  const wheel = new TickWheel((key) => log.push({ key, at: clock.now() - start }), start);
  const ticks = (key: string): readonly number[] => log.filter((each) => each.key === key).map(({ at }) => at);
  wheel.run(clock);
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
    let now = 0;
    let turn = (): void => {};
    const every = (_ms: number, task: () => void): Disposable => {
      turn = task;
      return { [Symbol.dispose]: () => {} };
    };
    const ticks: string[] = [];
    const wheel = new TickWheel((key) => ticks.push(key), now);
    wheel.run({ now: () => now, every });
    wheel.add('a', now);
    now = 60_000;
    turn();
    expect(ticks).toEqual(['a']);
  });
});
