import { type Service, isConflict, keys, resources } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { isReady } from '@ebb/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { snapshot } from './snapshot.ts';
import { type Doom, type World, latest, openWorld, pinned, podOf } from './world.ts';

/** Updates each of the writers makes; 1000 takes minutes. */
const updatesOfEach = Number(process.env['EBB_TEST_UPDATES'] ?? 25);

const domain = 'www.example.com';

const claiming = { 'config-network': { 'autocreate-cluster-domain-claims': 'true' } };

/** A life of some Services: what a user does, one thing after the other. */
async function tellStory(world: World): Promise<void> {
  const ready = (name: string): Promise<unknown> =>
    world.eventually(async () => isReady(await world.get(resources.services, name)), { timeoutMs: 60_000, what: name });
  await world.deploy('gone');
  await world.deploy('hello');
  await world.deploy('named', { revision: 'named-blue' });
  await ready('hello');
  await ready('gone');
  await world.deploy('hello', {
    image: 'dev.local/hello:2',
    traffic: [pinned('hello-00001', 30, 'old'), latest(70), latest(0, 'new')],
  });
  await world.client.create(resources.domainMappings, {
    metadata: { name: domain, namespace },
    spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'hello' } },
  });
  await world.client.delete(resources.services, { namespace, name: 'gone' });
  await ready('named');
  await world.client.patch(
    resources.services,
    { namespace, name: 'named' },
    {
      type: 'merge',
      body: { metadata: { labels: { [keys.visibility]: 'cluster-local' }, annotations: { mine: 'x' } } },
    },
  );
  await world.deploy('named', { revision: 'named-green', image: 'dev.local/named:2' });
  const configuration = {
    metadata: { name: 'lone', namespace },
    spec: { template: { spec: podOf('dev.local/lone') } },
  };
  await world.client.create(resources.configurations, configuration);
  const traffic = [{ configurationName: 'lone', latestRevision: true, percent: 100 }];
  await world.client.create(resources.routes, { metadata: { name: 'way', namespace }, spec: { traffic } });
  await ready('hello');
  await ready('named');
}

/** What there is once it does not change any more, and nobody asks for anything. */
async function settled(world: World): Promise<Record<string, unknown>> {
  let last: Record<string, unknown> = {};
  let said = '';
  let same = 0;
  await world.eventually(
    async () => {
      last = await snapshot(world.client);
      const now = `${world.calls.length} ${JSON.stringify(last)}`;
      same = now === said ? same + 1 : 0;
      said = now;
      return same > 20;
    },
    { timeoutMs: 60_000, what: 'an end of all changes' },
  );
  return last;
}

describe('the controllers', () => {
  it('write nothing in an hour in which nothing happens, nor when they are started again', async () => {
    const clock = new FakeClock();
    await using world = await openWorld({ clock, simulated: true, config: claiming });
    await tellStory(world);
    // Not owned: fails for as long as the other is there.
    await world.client.create(resources.routes, {
      metadata: { name: 'taken', namespace },
      spec: { traffic: [{ configurationName: 'other', latestRevision: true, percent: 100 }] },
    });
    await world.deploy('taken');
    await world.until(resources.services, 'taken', 'RoutesReady', 'False', 'NotOwned');
    // What met a conflict is tried again after a while, which is no idleness yet.
    for (let minute = 0; minute < 3; minute += 1) {
      await settled(world);
      await clock.advance(60_000);
    }
    const before = await settled(world);
    const seen = world.calls.length;
    for (let second = 0; second < 3600; second += 10) await clock.advance(10_000);
    expect(world.calls.slice(seen)).toEqual([]);
    await world.stop();
    const { writes } = world;
    const written = writes.length;
    await world.start();
    await clock.advance(3_600_000);
    expect(await settled(world)).toEqual(before);
    expect(writes.slice(written)).toEqual([]);
  }, 240_000);

  it('end in the same state wherever they are killed and started again', async () => {
    const undisturbed = await live([]);
    expect(Object.keys(undisturbed)).toContain('Ingress way');
    expect(Object.keys(undisturbed)).not.toContain('Route gone');
    const doom = fc.record({ calls: fc.integer({ min: 14, max: 60 }), sent: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(doom, { minLength: 3, maxLength: 8 }), async (dooms) => {
        expect(await live(dooms)).toEqual(undisturbed);
      }),
      { numRuns: 3, endOnFailure: true },
    );
  }, 240_000);

  it('lose nothing of what ten writers do at once, and catch up with all of it', async () => {
    await using world = await openWorld({ simulated: true });
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await world.deploy(name);
    const writers = Array.from({ length: 10 }, (_, index) => `writer-${index}`);
    const each = updatesOfEach;
    let conflicts = 0;
    /** One more update of a writer, tried until nobody was quicker. */
    const update = async (writer: string, turn: number): Promise<void> => {
      const name = names[turn % names.length] ?? '';
      for (;;) {
        try {
          const service = await world.get(resources.services, name);
          await world.client.update(resources.services, countUp(service, writer, turn));
          return;
        } catch (error) {
          if (!isConflict(error)) throw error;
          conflicts++;
        }
      }
    };
    await Promise.all(
      writers.map(async (writer) => {
        for (let turn = 0; turn < each; turn++) await update(writer, turn);
      }),
    );
    expect(conflicts).toBeGreaterThan(0);
    const counts = Object.fromEntries(writers.map((writer) => [writer, String(each / names.length)]));
    for (const name of names) {
      await world.eventually(async () => isReady(await world.get(resources.services, name)), { timeoutMs: 60_000 });
      const { metadata, spec } = await world.get(resources.services, name);
      expect(metadata.annotations).toMatchObject(counts);
      expect(metadata.labels).toMatchObject(counts);
      const configuration = await world.get(resources.configurations, name);
      expect(configuration.metadata.labels).toMatchObject(counts);
      expect(configuration.spec.template).toEqual(spec.template);
      const { metadata: last } = await world.get(
        resources.revisions,
        configuration.status?.latestReadyRevisionName ?? '',
      );
      expect(last.labels?.[keys.configurationGeneration]).toBe(String(configuration.metadata.generation));
    }
  }, 900_000);
});

/** The Service with one more of the writer's updates in it: in a label, an annotation and, of some turns, the template. */
function countUp({ metadata, spec, ...rest }: Service, writer: string, turn: number): Service {
  const count = String(Number(metadata.annotations?.[writer] ?? 0) + 1);
  const annotations = { ...metadata.annotations, [writer]: count };
  const labels = { ...metadata.labels, [writer]: count };
  const env = [{ name: 'TURN', value: `${writer} ${turn}` }];
  const template =
    turn % 100 < 5
      ? {
          ...spec.template,
          spec: {
            ...spec.template.spec,
            containers: spec.template.spec.containers.map((container) => ({ ...container, env })),
          },
        }
      : spec.template;
  return { ...rest, metadata: { ...metadata, annotations, labels }, spec: { ...spec, template } };
}

/** The story, its controllers dying one after the other, until some live on; what there is at its end. */
async function live(dooms: readonly Doom[]): Promise<Record<string, unknown>> {
  await using world = await openWorld({ simulated: true, config: claiming });
  await world.stop();
  const told = new AbortController();
  const lives = (async () => {
    for (const doom of dooms) if (!told.signal.aborted) await world.runDoomed(doom, told);
    await world.start();
  })();
  await tellStory(world);
  told.abort();
  await lives;
  return await settled(world);
}
