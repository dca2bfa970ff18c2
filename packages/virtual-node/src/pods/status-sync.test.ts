import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { GroupIndex } from './group-index.ts';
import { StatusSync } from './status-sync.ts';

interface Trial {
  readonly clock: FakeClock;
  readonly sync: StatusSync;
  /** When each listing began, in milliseconds from the start. */
  readonly asked: number[];
  readonly stop: () => Promise<void>;
}

async function start({ busy = false, takesMs = 0, list = () => [] as ContainerGroup[] } = {}): Promise<Trial> {
  const clock = new FakeClock(0);
  const asked: number[] = [];
  const sync = new StatusSync({
    eci: {
      list: async () => {
        asked.push(clock.now());
        if (takesMs > 0) await clock.sleep(takesMs);
        return list();
      },
    },
    nodeName: 'n',
    index: new GroupIndex(),
    clock,
    logger: silentLogger,
    isBusy: () => busy,
    onChange: () => undefined,
  });
  const stop = new AbortController();
  const running = sync.run({ signal: stop.signal });
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.advance(takesMs);
    await running;
  };
  await clock.advance(0);
  return { clock, sync, asked, stop: end };
}

describe('the status sync', () => {
  it.each([
    ['often while something starts', true, [0, 100, 200, 300]],
    ['seldom while nothing does', false, [0]],
  ])('asks %s', async (_what, busy, times) => {
    const trial = await start({ busy });
    await trial.clock.advance(350);
    expect(trial.asked).toEqual(times);
    await trial.stop();
  });

  it('asks at once when poked', async () => {
    const trial = await start();
    await trial.clock.advance(500);
    trial.sync.poke();
    await trial.clock.advance(0);
    expect(trial.asked).toEqual([0, 500]);
    await trial.stop();
  });

  it('asks again after a listing during which it was poked, and rests in between', async () => {
    const trial = await start({ takesMs: 50 });
    await trial.clock.advance(10);
    trial.sync.poke();
    await trial.clock.advance(1000);
    expect(trial.asked).toEqual([0, 200]);
    await trial.stop();
  });

  it('rests three times as long as a long listing took', async () => {
    const trial = await start({ busy: true, takesMs: 400 });
    await trial.clock.advance(3400);
    expect(trial.asked).toEqual([0, 1600, 3200]);
    await trial.stop();
  });

  it('tells of a cloud that does not answer, and goes on', async () => {
    let isDown = true;
    const trial = await start({
      list: () => {
        if (isDown) throw new Error('no route to host');
        return [];
      },
    });
    await trial.clock.advance(1);
    expect(trial.sync.cloud).toEqual({ reachable: false, message: 'no route to host' });
    isDown = false;
    await trial.clock.advance(2000);
    expect(trial.sync.cloud.reachable).toBe(true);
    await trial.stop();
  });
});
