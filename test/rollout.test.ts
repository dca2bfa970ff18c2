import { isDeepStrictEqual } from 'node:util';
import { type Route, keys, resources } from '@ebb/api';
import { FakeClock, eventually } from '@ebb/base/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { type World, latest, openWorld, pinned } from './world.ts';

describe('a gradual rollout', () => {
  const clock = new FakeClock();
  let world: World;

  beforeEach(async () => {
    world = await openWorld({ clock, simulated: true });
  });

  afterEach(() => world[Symbol.asyncDispose]());

  const lasting = (duration: string): Promise<unknown> =>
    world.client.patch(
      resources.services,
      { namespace, name: 'hello' },
      { type: 'merge', body: { metadata: { annotations: { [keys.rolloutDuration]: duration } } } },
    );
  const route = (): Promise<Route> => world.get(resources.routes, 'hello');
  /** What each revision has by the Route's status. */
  const shares = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const { revisionName = '', percent = 0 } of (await route()).status?.traffic ?? [])
      found[revisionName] = (found[revisionName] ?? 0) + percent;
    return found;
  };
  /** Lets time pass until the newest has that much; what it had at each look. */
  const pass = async (revision: string, percent: number): Promise<readonly number[]> => {
    const seen: number[] = [];
    await world.eventually(
      async () => {
        await clock.advance(500);
        const { [revision]: share = 0, ...others } = await shares();
        expect(share + Object.values(others).reduce((sum, other) => sum + other, 0)).toBe(100);
        if (share !== seen.at(-1)) seen.push(share);
        return share >= percent;
      },
      { timeoutMs: 60_000, what: `${percent} % for ${revision}` },
    );
    return seen;
  };

  it('moves step by step to the latest revision, also through a restart of the controllers', async () => {
    await world.deploy('hello');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await lasting('60s');
    await world.eventually(async () => (await route()).metadata.annotations?.[keys.rolloutDuration] === '60s');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.until(resources.services, 'hello', 'RoutesReady', 'Unknown', 'RolloutInProgress');
    const before = await pass('hello-00002', 20);
    expect((await route()).status?.traffic).toEqual([
      { revisionName: 'hello-00001', percent: expect.any(Number), latestRevision: true },
      { revisionName: 'hello-00002', percent: before.at(-1), latestRevision: true },
    ]);
    const old = await world.get(resources.revisions, 'hello-00001');
    expect(old.metadata.labels?.[keys.routingState]).toBe('active');

    await world.stop();
    const held = await shares();
    await clock.advance(30_000);
    expect(await shares()).toEqual(held);
    await world.start();

    const after = await pass('hello-00002', 100);
    const all = [...before, ...after];
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(all.filter((share) => share > 0 && share < 100).length).toBeGreaterThan(10);
    expect(await shares()).toEqual({ 'hello-00002': 100 });
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.eventually(async () => {
      const { metadata } = await world.get(resources.revisions, 'hello-00001');
      return metadata.labels?.[keys.routingState] === 'reserve';
    });
  }, 240_000);

  it('serves each step: what the Ingress says is what the status tells', async () => {
    await world.configure('config-network', { 'rollout-duration': '30' });
    await world.deploy('hello');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.deploy('hello', {
      image: 'dev.local/hello:2',
      traffic: [pinned('hello-00001', 40), latest(60, 'next')],
    });
    await pass('hello-00002', 10);
    expect((await shares())['hello-00002']).toBeLessThan(60);
    const served = async (): Promise<Record<string, number>> => {
      const { spec } = await world.get(resources.ingresses, 'hello');
      const rule = spec.rules?.find(({ hosts }) => hosts?.includes(`hello.${namespace}.localhost`));
      const splits = rule?.http?.paths[0]?.splits ?? [];
      return Object.fromEntries(splits.map(({ serviceName, percent = 0 }) => [serviceName, percent]));
    };
    // Between two readings a step may be taken.
    await eventually(async () => isDeepStrictEqual(await served(), await shares()));
    await pass('hello-00002', 60);
    await world.until(resources.services, 'hello', 'Ready', 'True');
    const { status } = await route();
    expect(status?.traffic).toMatchObject([
      { revisionName: 'hello-00001', percent: 40, latestRevision: false },
      { revisionName: 'hello-00002', percent: 60, latestRevision: true, tag: 'next' },
    ]);
  }, 240_000);

  it('is over at once where its state has become nonsense', async () => {
    await world.deploy('hello');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await lasting('10m');
    await world.eventually(async () => (await route()).metadata.annotations?.[keys.rolloutDuration] === '10m');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.until(resources.services, 'hello', 'RoutesReady', 'Unknown', 'RolloutInProgress');
    expect(await shares()).toMatchObject({ 'hello-00001': 99, 'hello-00002': 1 });
    const body = { metadata: { annotations: { [keys.rollout]: '{"configurations":[{"percent":"all"}]}' } } };
    await world.client.patch(resources.ingresses, { namespace, name: 'hello' }, { type: 'merge', body });
    await world.eventually(async () => (await shares())['hello-00002'] === 100);
    await world.until(resources.services, 'hello', 'Ready', 'True');
  });
});
