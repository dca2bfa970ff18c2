import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const oneRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two callers that want something again as soon as they have had it. */
function keepBusy(turns: Turns): { readonly calls: number; end(): Promise<unknown> } {
  let busy = true;
  let calls = 0;
  const work = async (): Promise<void> => {
    while (busy) await turns.call(() => calls++);
  };
  const working = Promise.all([work(), work()]);
  return {
    get calls() {
      return calls;
    },
    end: () => {
      busy = false;
      return working;
    },
  };
}

describe('turns', () => {
  it('lets calls run in the order they came, and hands on what they return or throw', async () => {
    const turns = new Turns(new FakeClock());
    const order: number[] = [];
    const calls = [1, 2, 3].map((n) => turns.call(() => order.push(n)));
    const failing = turns.call(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await Promise.all(calls)).toEqual([1, 2, 3]);
    expect(order).toEqual([1, 2, 3]);
  });

  it('lets new work begin at once when nothing is under way', async () => {
    const turns = new Turns(new FakeClock());
    await expect(turns.newWork()).resolves.toBeUndefined();
    await expect(turns.newWork()).resolves.toBeUndefined();
  });

  it('finishes what is under way before something new begins, and lets one begin after some dozens of calls all the same', async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock);
    await turns.newWork();
    const load = keepBusy(turns);
    let begun = 0;
    const waiting = [1, 2, 3].map(() => turns.newWork().then(() => begun++));
    while (load.calls < 30) await oneRound();
    expect(begun).toBe(0);
    while (load.calls < 60) await oneRound();
    expect(begun).toBe(1);
    await load.end();
    await Promise.all(waiting);
    expect(begun).toBe(3);
  });

  it('lets those begin sooner who have waited for long', async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock);
    await turns.newWork();
    const load = keepBusy(turns);
    const waiting = Promise.all(Array.from({ length: 50 }, () => turns.newWork()));
    await clock.advance(60_000);
    expect(await waiting).toHaveLength(50);
    expect(load.calls).toBeLessThan(50 * 20);
    await load.end();
  });

  it('leaves for later what nobody waits for', async () => {
    const turns = new Turns(new FakeClock());
    const order: string[] = [];
    const later = turns.callLater(() => order.push('later'));
    const others = [
      turns.call(() => order.push('call')),
      turns.newWork().then(() => order.push('new')),
      turns.call(() => order.push('call')),
    ];
    await Promise.all([later, ...others]);
    expect(order.at(-1)).toBe('later');
  });
});
