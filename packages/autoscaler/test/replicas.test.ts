import { describe, expect, it } from 'vitest';
import { PodsWorld } from './pods-world.ts';

const scaling = (annotations: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]));

describe('pods', () => {
  it('are spread over the nodes, many at a time', async () => {
    const world = new PodsWorld({ nodes: ['node-a', 'node-b', 'node-c'] });
    world.apply(scaling({ 'min-scale': '300' }));
    await world.clock.advance(100);
    const on = (node: string): number => [...world.pods.values()].filter(({ spec }) => spec.nodeName === node).length;
    expect([on('node-a'), on('node-b'), on('node-c')]).toEqual([100, 100, 100]);
  });

  it('are made within the provider’s rate', async () => {
    const world = new PodsWorld({ perSecond: 10, burst: 20 });
    world.apply(scaling({ 'min-scale': '100' }));
    const made: number[] = [];
    for (let second = 0; second < 8; second++) {
      await world.clock.advance(1000);
      made.push(world.calls.create);
    }
    expect(made).toEqual([30, 40, 50, 60, 70, 80, 90, 100]);
  });

  it('that have an address, though nobody has seen it yet, are not deleted under requests', async () => {
    const world = new PodsWorld();
    world.apply(scaling({ 'min-scale': '1', window: '6s' }));
    await world.clock.advance(100);
    await world.makeReady();
    await world.pass(2, 500);
    const many = world.pods.size;
    world.look('away');
    await world.makeReady();
    const busy = Object.fromEntries([...world.pods.keys()].map((name) => [name, 1]));
    await world.pass(10, 0.1, busy);
    expect(many).toBeGreaterThan(2);
    expect(world.calls.delete).toBeGreaterThan(0); // without an address they would be gone
    expect(world.pods.size).toBe(many);
    world.look('again');
    await world.pass(10, 0.1, busy);
    expect([world.kinds().standard, world.pods.size]).toEqual([1, many]);
    await world.pass(4);
    expect(world.pods.size).toBe(1);
  });

  it('cost as much each whether they are hundreds or thousands', async () => {
    const perPod = async (count: number): Promise<number> => {
      const world = new PodsWorld();
      world.apply(scaling({ 'min-scale': String(count) }));
      await world.clock.advance(100);
      const begun = process.cpuUsage();
      await world.makeReady();
      const { user } = process.cpuUsage(begun);
      expect(world.kinds().standard).toBe(count);
      return user / count;
    };
    await perPod(500); // until the code is warm
    const [few, many] = [await perPod(250), await perPod(5000)];
    expect(many / few).toBeLessThan(8); // it would be twenty if each event walked all of them
  });
});

describe('elastic pods', () => {
  const annotations = scaling({ 'min-scale': '6', window: '6s' });

  it('are on demand up to the floor, and spot above it', async () => {
    const world = new PodsWorld();
    world.apply({ ...annotations, 'ebb.dev/on-demand-replicas': '2' });
    await world.clock.advance(100);
    expect(world.kinds()).toEqual({ standard: 2, spot: 4, reserve: 0 });
    const spot = [...world.pods.values()].find(({ metadata }) => metadata.labels?.['ebb.dev/pod-kind'] === 'spot');
    expect(spot?.metadata.annotations).toMatchObject({ 'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo' });
  });

  it('let the spot ones go first, though the others have less to do', async () => {
    const world = new PodsWorld();
    world.apply({ ...annotations, 'ebb.dev/on-demand-replicas': '2' });
    await world.clock.advance(100);
    await world.makeReady();
    await world.pass(10);
    const isSpot = (name: string): boolean => world.pods.get(name)?.metadata.labels?.['ebb.dev/pod-kind'] === 'spot';
    const busy = Object.fromEntries([...world.pods.keys()].filter(isSpot).map((name) => [name, 5]));
    world.apply({ ...scaling({ 'min-scale': '3', window: '6s' }), 'ebb.dev/on-demand-replicas': '2' });
    await world.pass(6, 0, busy);
    expect(world.kinds()).toEqual({ standard: 2, spot: 1, reserve: 0 });
    // Their requests are still running.
    expect(world.pods.size).toBe(6);
    await world.pass(6);
    expect(world.pods.size).toBe(3);
  });

  it('that are spot and taken away are replaced, and those on demand stay', async () => {
    const world = new PodsWorld();
    world.apply({ ...annotations, 'ebb.dev/on-demand-replicas': '2' });
    await world.clock.advance(100);
    await world.makeReady();
    await world.reclaimSpot();
    await world.pass(2);
    expect(world.kinds()).toEqual({ standard: 2, spot: 4, reserve: 0 });
  });
});

describe('a reserved pod', () => {
  it('is small, stays at idle, and goes when a standard one is ready', async () => {
    const world = new PodsWorld();
    world.apply({ ...scaling({ window: '6s' }), 'knative.aliyun.com/reserve-instance': 'enable' });
    await world.clock.advance(100);
    await world.makeReady();
    expect(world.kinds()).toEqual({ standard: 1, spot: 0, reserve: 0 });
    await world.pass(20);
    expect(world.kinds()).toEqual({ standard: 1, spot: 0, reserve: 1 }); // not before it is ready
    await world.makeReady();
    await world.pass(3);
    expect(world.kinds()).toEqual({ standard: 0, spot: 0, reserve: 1 });
    const [reserved] = [...world.pods.values()];
    expect(reserved?.metadata.name).toMatch(/^web-deployment-reserve-/);
    expect(reserved?.metadata.annotations?.['k8s.aliyun.com/eci-use-specs']).toContain('ecs.t6-c1m1.large');
    expect(reserved?.spec.containers[0]?.resources).toBeUndefined();

    const inFlight = { [reserved?.metadata.name ?? '']: 1 };
    await world.pass(1, 1, inFlight);
    expect(world.kinds()).toEqual({ standard: 1, spot: 0, reserve: 1 });
    await world.makeReady();
    await world.pass(4, 1, inFlight);
    expect(world.kinds()).toEqual({ standard: 1, spot: 0, reserve: 0 });
    expect(world.pods.size).toBe(2); // its request is still running
    await world.pass(2, 1);
    expect(world.pods.size).toBe(1);
  });
});

describe('a spot pod that is about to be taken back', () => {
  it('takes no new request, is replaced at once, and ends when its last one has', async () => {
    const world = new PodsWorld();
    world.apply({ ...scaling({ 'min-scale': '2', window: '6s' }), 'ebb.dev/on-demand-replicas': '1' });
    await world.clock.advance(100);
    await world.makeReady();
    await world.pass(10);
    const spot = [...world.pods.values()].find(({ metadata }) => metadata.labels?.['ebb.dev/pod-kind'] === 'spot')!;
    const inFlight = { [spot.metadata.name!]: 3 };
    await world.pass(1, 3, inFlight);
    world.scalers.letGo(spot);
    await world.pass(3, 3, inFlight);
    expect(world.kinds()).toEqual({ standard: 1, spot: 1, reserve: 0 });
    expect(world.pods.size).toBe(3);
    await world.pass(2);
    expect([...world.pods.keys()]).not.toContain(spot.metadata.name);
  });
});
