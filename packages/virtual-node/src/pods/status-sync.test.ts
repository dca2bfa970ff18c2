import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { GroupIndex } from './group-index.ts';
import { StatusSync } from './status-sync.ts';

interface Trial {
  readonly clock: FakeClock;
  readonly sync: StatusSync;
  /** When each call began, in milliseconds from the start, and what it was for. */
  readonly asked: [atMs: number, what: 'all' | 'moving'][];
  readonly stop: () => Promise<void>;
}

const group = { containerGroupId: 'eci-1', tags: [{ key: 'UID', value: 'uid-1' }] } as ContainerGroup;

async function start({ busy = false, many = 1, takesMs = 0, list = () => [group] } = {}): Promise<Trial> {
  const clock = new FakeClock(0);
  const asked: Trial['asked'] = [];
  const index = new GroupIndex();
  const uids = Array.from({ length: many }, (_, at) => `uid-${at + 1}`);
  for (const uid of uids) index.created(uid, `eci-${uid.slice(4)}`);
  const sync = new StatusSync({
    eci: {
      list: async () => {
        asked.push([clock.now(), 'all']);
        if (takesMs > 0) await clock.sleep(takesMs);
        return list();
      },
      describe: async () => {
        asked.push([clock.now(), 'moving']);
        if (takesMs > 0) await clock.sleep(takesMs);
        return [group];
      },
      imageIds: () => Promise.resolve(new Map()),
      statuses: () => Promise.resolve([]),
    },
    nodeName: 'n',
    index,
    clock,
    logger: silentLogger,
    moving: () => (busy ? uids : []),
    isLeaving: () => false,
    onChange: () => undefined,
    onListed: () => undefined,
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
  it('is not hastened by one more where many are on their way', async () => {
    for (const [many, times] of [
      [20, [0, 10, 20]],
      [21, [0, 100]],
    ] as const) {
      const trial = await start({ busy: true, many });
      for (let left = 15; left > 0; left -= 1) {
        await trial.clock.advance(10);
        if (left > 13) trial.sync.poke();
        await trial.clock.advance(0);
      }
      expect(trial.asked.slice(0, times.length).map(([atMs]) => atMs)).toEqual(times);
      await trial.stop();
    }
  });

  it('asks often for what starts, and now and then for all', async () => {
    const trial = await start({ busy: true });
    await trial.clock.advance(2150);
    expect(trial.asked.filter(([, what]) => what === 'all')).toEqual([
      [0, 'all'],
      [2000, 'all'],
    ]);
    expect(trial.asked.filter(([, what]) => what === 'moving').length).toBe(20);
    await trial.stop();
  });

  it('asks seldom while nothing starts or ends', async () => {
    const trial = await start();
    await trial.clock.advance(4100);
    expect(trial.asked).toEqual([
      [0, 'all'],
      [2000, 'all'],
      [4000, 'all'],
    ]);
    await trial.stop();
  });

  it('asks at once when poked', async () => {
    const trial = await start({ busy: true });
    await trial.clock.advance(550);
    trial.sync.poke();
    await trial.clock.advance(0);
    expect(trial.asked.at(-1)).toEqual([550, 'moving']);
    await trial.stop();
  });

  it('asks again soon after a call during which it was poked', async () => {
    const trial = await start({ busy: true, takesMs: 10 });
    await trial.clock.advance(5);
    trial.sync.poke();
    await trial.clock.advance(40);
    expect(trial.asked.map(([atMs]) => atMs)).toEqual([0, 40]);
    await trial.stop();
  });

  it('rests three times as long as a long call took', async () => {
    const trial = await start({ busy: true, takesMs: 400 });
    await trial.clock.advance(3400);
    expect(trial.asked.map(([atMs]) => atMs)).toEqual([0, 1600, 3200]);
    await trial.stop();
  });

  it('lists a node of many groups less often', async () => {
    const trial = await start({ takesMs: 500 });
    await trial.clock.advance(10_000);
    expect(trial.asked.map(([atMs]) => atMs)).toEqual([0, 5500]);
    await trial.stop();
  });

  it.each([
    [100, 8],
    [2000, 16],
    [6000, 36],
  ])('misses one of %s groups within %s s', async (count, seconds) => {
    const clock = new FakeClock(0);
    const groups = Array.from({ length: count }, (_, at) => ({
      containerGroupId: `eci-${at}`,
      tags: [{ key: 'UID', value: `uid-${at}` }],
    })) as ContainerGroup[];
    const index = new GroupIndex();
    groups.forEach((each, at) => index.created(`uid-${at}`, each.containerGroupId ?? ''));
    let calls = 0;
    const sync = new StatusSync({
      eci: {
        list: () => Promise.resolve(groups),
        describe: (ids) => {
          const asked = new Set(ids);
          return Promise.resolve(groups.filter(({ containerGroupId: id = '' }) => asked.has(id)));
        },
        imageIds: () => Promise.resolve(new Map()),
        statuses: (_tags, { sinceSeconds } = {}) => {
          calls += sinceSeconds === undefined ? Math.ceil(groups.length / 200) : 1;
          const named = sinceSeconds === undefined ? groups : [];
          return Promise.resolve(named.map(({ containerGroupId: id = '' }) => ({ id, fingerprint: 'same' })));
        },
      },
      nodeName: 'n',
      index,
      clock,
      logger: silentLogger,
      moving: () => [],
      isLeaving: () => false,
      onChange: () => undefined,
      onListed: () => undefined,
    });
    const stop = new AbortController();
    const running = sync.run({ signal: stop.signal });
    await clock.advance(0);
    await clock.advance(40_000);
    groups.pop();
    calls = 0;
    await clock.advance(seconds * 1000);
    expect(index.get(`uid-${count - 1}`)).toBeUndefined();
    // Two thousand calls a minute are what ECI takes of an account for all it asks.
    expect(calls).toBeLessThan(seconds * 8);
    stop.abort();
    await clock.advance(0);
    await running;
  });

  it('tells of a cloud that does not answer, and goes on', async () => {
    let isDown = true;
    const trial = await start({
      list: () => {
        if (isDown) throw new Error('no route to host');
        return [group];
      },
    });
    await trial.clock.advance(1);
    expect(trial.sync.cloud).toEqual({ reachable: false, reason: 'CallFailed', message: 'no route to host' });
    isDown = false;
    await trial.clock.advance(2000);
    expect(trial.sync.cloud.reachable).toBe(true);
    await trial.stop();
  });
});
