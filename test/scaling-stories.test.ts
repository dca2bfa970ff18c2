import { type Pod, keys, resources } from '@ebb/api';
import { formatTold } from '@ebb/autoscaler';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { connectPanel } from '@ebb/cli';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { type BusyAnswer, BusyInstances } from './busy-instances.ts';
import { type Answer, type TestPlatform, startTestPlatform } from './platform.ts';

type Annotations = Readonly<Record<string, string>>;

const knative = (annotations: Annotations): Annotations =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]));

const manifest = (name: string, annotations: Annotations, containerConcurrency = 0): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
  template:
    metadata: { annotations: ${JSON.stringify({ 'autoscaling.knative.dev/window': '6s', ...annotations })} }
    spec:
      containerConcurrency: ${containerConcurrency}
      containers: [{ name: app, image: registry.example/busy }]
`;

describe('the load', { timeout: 120_000 }, () => {
  const busy = new BusyInstances();
  let world: TestPlatform;
  beforeAll(async () => {
    const timing = { schedulingMs: 20, pendingMs: 200, terminatingMs: 5 };
    const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random, timing, serve: busy.serve });
    world = await startTestPlatform([], { runtime });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const ask = (name: string, path: string): Promise<Answer> => world.curl(`${name}.${namespace}.localhost`, { path });
  const deploy = async (...[name, annotations, limit]: Parameters<typeof manifest>): Promise<void> => {
    await world.apply(manifest(name, annotations, limit));
    await world.ready(name);
  };
  const why = async (name: string): Promise<string> => {
    const podAutoscaler = await world.platform.client.get(resources.podAutoscalers, {
      namespace,
      name: `${name}-00001`,
    });
    const { items } = await world.platform.client.list(resources.events, { namespace });
    return formatTold({ podAutoscalers: [podAutoscaler], events: items });
  };
  const hasPods = (name: string, count: number): Promise<boolean> =>
    eventually(async () => (await world.pods(name)).length === count, {
      what: `${count} pods of ${name}`,
      timeoutMs: 40_000,
    });
  /** So many clients ask one request after another, of so many milliseconds, while something is done; gives all that was answered. */
  const underLoad = async (
    { name, clients, ms }: { readonly name: string; readonly clients: number; readonly ms: number },
    act: () => Promise<unknown>,
  ): Promise<readonly number[]> => {
    let goesOn = true;
    const statuses: number[] = [];
    const client = async (): Promise<void> => {
      while (goesOn) statuses.push((await ask(name, `/?ms=${ms}`)).status);
    };
    const all = Promise.all(Array.from({ length: clients }, client));
    try {
      await act();
    } finally {
      goesOn = false;
    }
    await all;
    return statuses;
  };

  it('goes into panic with a spike, and out of it when that is over', async () => {
    // A panic window of one second is over before it is looked at where a machine is slow.
    const name = newName('spiky');
    await deploy(name, knative({ target: '2', 'max-scale': '8', 'panic-window-percentage': '100' }));
    const statuses = await underLoad({ name, clients: 16, ms: 300 }, () => hasPods(name, 8));
    expect([...new Set(statuses)]).toEqual([200]);
    await eventually(async () => expect(await why(name)).toMatch(/From 1 to .*In panic no pod is taken away/));
    const letGo = async (): Promise<string | undefined> =>
      (await why(name)).split('\n').find((line) => /From 8 to/.test(line));
    // Nothing is before panic is over.
    expect(await eventually(letGo, { what: 'pods let go', timeoutMs: 40_000 })).not.toMatch(/In panic/);
  });

  it('gives each of a hundred requests at once a pod of its own, where asked to be precise', async () => {
    const name = newName('precise');
    await deploy(name, knative({ class: 'mpa.autoscaling.knative.dev' }), 1);
    const asked = Promise.all(Array.from({ length: 100 }, () => ask(name, '/hold')));
    try {
      await eventually(() => busy.held === 100, { what: 'all requests with an instance', timeoutMs: 40_000 });
    } finally {
      busy.release();
    }
    const answers = await asked;
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
    const told = answers.map(({ body }) => JSON.parse(body) as BusyAnswer);
    expect(new Set(told.map(({ pod }) => pod)).size).toBe(100);
    expect(Math.max(...told.map(({ most }) => most))).toBe(1);
  });

  it('loses no request when a spot instance is taken back under load', async () => {
    const isSpot = ({ metadata }: Pod): boolean => metadata.labels?.[keys.podKind] === 'spot';
    const service = newName('elastic');
    await deploy(service, { ...knative({ 'min-scale': '3' }), 'ebb.dev/on-demand-replicas': '1' }, 4);
    await hasPods(service, 3);
    const statuses = await underLoad({ name: service, clients: 6, ms: 100 }, async () => {
      const [victim] = (await world.pods(service)).filter(isSpot);
      const name = victim?.metadata.name ?? '';
      const notice = { noticeMs: 4000, force: true };
      await connectPanel(world.platform.panel).befall(`${namespace}/${name}`, 'reclaim', notice);
      await eventually(
        async () => {
          const pods = (await world.pods(service)).filter(({ status }) => status?.phase === 'Running');
          return pods.length === 3 && pods.every(({ metadata }) => metadata.name !== name);
        },
        { what: 'another pod in its place', timeoutMs: 40_000 },
      );
    });
    expect([...new Set(statuses)]).toEqual([200]);
    expect(statuses.length).toBeGreaterThan(20);
  });
});
