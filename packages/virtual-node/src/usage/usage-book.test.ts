import { type ConfigMap, type KubeClient, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import type { InstanceUsage } from './instance-usage.ts';
import { UsageBook } from './usage-book.ts';
import { UsageMaps, readUsage } from './usage-maps.ts';

type Listing = Pick<Eci, 'list' | 'describe' | 'statuses'>;
type Maps = Pick<KubeClient, 'get' | 'patch' | 'create'> & { readonly stored: Map<string, ConfigMap>; fails: boolean };

/** An API server that keeps ConfigMaps. */
function makeApi(): Maps {
  const stored = new Map<string, ConfigMap>();
  const find = (name: string): ConfigMap => {
    if (api.fails) throw new StatusError('InternalError', 'etcd');
    const found = stored.get(name);
    if (!found) throw new StatusError('NotFound', name);
    return found;
  };
  const api = {
    stored,
    fails: false,
    get: async (_resource: unknown, { name }: { name: string }) => find(name),
    patch: async (_resource: unknown, { name }: { name: string }, { body }: { body: Pick<ConfigMap, 'data'> }) =>
      stored.set(name, { ...find(name), ...body }),
    create: async (_resource: unknown, map: ConfigMap) => stored.set(map.metadata.name ?? '', map),
  };
  return api as unknown as Maps;
}

const epoch = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(epoch + seconds * 1000).toISOString();

const group = (number: number, more: Partial<ContainerGroup> = {}): ContainerGroup =>
  ({
    containerGroupId: `eci-${number}`,
    status: 'Running',
    creationTime: at(0),
    zoneId: 'cn-hangzhou-a',
    cpu: 2,
    memory: 4,
    tags: Object.entries({
      NodeName: 'n',
      NameSpace: 'default',
      PodName: `web-${number}`,
      'serving.knative.dev/revision': 'web-00001',
    }).map(([key, value]) => ({ key, value })),
    ...more,
  }) as ContainerGroup;

/** A node's process: asks for its groups, of which there are as `groups` has them at the moment. */
function startBook(api: Maps, clock: FakeClock) {
  const book = new UsageBook({ client: api, clock, logger: silentLogger });
  const cloud = { groups: [] as ContainerGroup[] };
  const eci = book.watch<Listing>(
    {
      list: () => Promise.resolve(cloud.groups),
      describe: (ids: readonly string[]) =>
        Promise.resolve(cloud.groups.filter(({ containerGroupId = '' }) => ids.includes(containerGroupId))),
      statuses: () => Promise.resolve(cloud.groups.map(({ containerGroupId: id = '' }) => ({ id, fingerprint: '' }))),
    },
    'n',
  );
  const stop = new AbortController();
  const running = book.run({ signal: stop.signal });
  return {
    eci,
    /** From now on there are these, and so many seconds pass in which they are listed. */
    show: async (groups: ContainerGroup[], seconds: number) => {
      cloud.groups = groups;
      for (let passed = 0; passed < seconds; passed += 1) {
        await (passed % 2 === 0 ? eci.list({}) : eci.statuses({}));
        await clock.advance(1000);
      }
    },
    stop: async () => {
      stop.abort();
      await clock.advance(0);
      await running;
    },
  };
}

const spans = async (api: Maps): Promise<object> =>
  Object.fromEntries(
    (await readUsage(api)).map(({ groupId, fromMs, untilMs }) => [
      groupId,
      [(fromMs - epoch) / 1000, untilMs === undefined ? 'lasts' : (untilMs - epoch) / 1000],
    ]),
  );

describe('the book of what instances there were', () => {
  it('tells of each group once, from its making to its end, whatever ECI leaves out for a while', async () => {
    const [api, clock] = [makeApi(), new FakeClock(epoch)];
    const node = startBook(api, clock);
    const waits = group(4, { status: 'Scheduling' });
    await node.show([group(1), group(2), group(3), waits], 10);
    expect(await spans(api)).toEqual({ 'eci-1': [0, 'lasts'], 'eci-2': [0, 'lasts'], 'eci-3': [0, 'lasts'] });
    const done = group(2, { status: 'Succeeded', succeededTime: at(12) });
    // The first is left out for a while, the third is gone.
    await node.show([done, waits], 10);
    await node.show([done, group(1), group(4, { status: 'ScheduleFailed' })], 30);
    expect(await spans(api)).toEqual({ 'eci-1': [0, 'lasts'], 'eci-2': [0, 12], 'eci-3': [0, 10] });
    const [usage] = await readUsage(api);
    expect(usage).toMatchObject({
      zoneId: 'cn-hangzhou-a',
      offer: { cpu: 2, memory: 4 },
      namespace: 'default',
      pod: 'web-1',
      revision: 'web-00001',
    });
    await node.stop();
  });

  it('goes on after a kill, and counts nothing twice; what ended meanwhile ended when it was looked for', async () => {
    const [api, clock] = [makeApi(), new FakeClock(epoch)];
    const before = startBook(api, clock);
    await before.show([group(1), group(2), group(3)], 10);
    const done = group(3, { status: 'Failed', failedTime: at(8) });
    await before.show([group(1), group(2), done], 6);
    // Killed: this one was not heard of again.
    const after = startBook(api, clock);
    await clock.advance(0);
    await after.show([group(1), done], 40);
    expect(await spans(api)).toEqual({ 'eci-1': [0, 'lasts'], 'eci-2': [0, 16], 'eci-3': [0, 8] });
    await after.stop();
  });

  it('waits until it can be written, and says what it has at the end', async () => {
    const [api, clock] = [makeApi(), new FakeClock(epoch)];
    api.fails = true;
    const node = startBook(api, clock);
    await node.show([group(1)], 20);
    await node.show([], 20);
    api.fails = false;
    await node.stop();
    expect(await spans(api)).toEqual({ 'eci-1': [0, 20] });
  });

  it('tells of spot, and of the end of one that was taken back', async () => {
    const [api, clock] = [makeApi(), new FakeClock(epoch)];
    const node = startBook(api, clock);
    const spot = { spotStrategy: 'SpotAsPriceGo', discount: 20, instanceType: 'ecs.c6.large' };
    await node.show([group(1, spot), group(2, { spotStrategy: 'SpotAsPriceGo' })], 3);
    await node.show([group(1, { ...spot, status: 'Expired', expiredTime: at(3) })], 1);
    await node.stop();
    expect((await readUsage(api)).map(({ offer, untilMs }) => [offer.spot, offer.instanceType, untilMs])).toEqual([
      [{ share: 0.2 }, 'ecs.c6.large', epoch + 3000],
      [{}, undefined, undefined],
    ]);
  });

  it('keeps the newest, and those that last, of more than there is room for', async () => {
    const api = makeApi();
    const maps = new UsageMaps(api);
    await maps.load();
    const usage = (number: number): InstanceUsage => ({
      groupId: `eci-${number}`,
      node: 'n',
      zoneId: 'a',
      offer: { cpu: 1, memory: 2 },
      fromMs: epoch + number,
      namespace: 'default',
      pod: `pod-${number}`,
      service: '',
      revision: '',
      ...(number === 7 ? {} : { untilMs: epoch + number + 1 }),
    });
    for (let number = 0; number < 20_000; number += 1) maps.note(usage(number));
    await maps.flush();
    const kept = await readUsage(api);
    expect(kept.length).toBeGreaterThan(15_000);
    expect(kept.length).toBeLessThanOrEqual(16_000);
    expect([kept[0]?.groupId, kept.at(-1)?.groupId]).toEqual(['eci-7', 'eci-19999']);
    const size = Math.max(...[...api.stored.values()].map(({ data = {} }) => JSON.stringify(data).length));
    expect(size).toBeLessThan(500_000);
    const again = new UsageMaps(api);
    expect((await again.load()).map(({ groupId }) => groupId)).toEqual(['eci-7']);
    again.note(usage(20_000));
    await again.flush();
    expect((await readUsage(api)).length).toBe(kept.length + 1);
  });
});
