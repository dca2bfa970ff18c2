import { type KubernetesObject, keys, resources, systemNamespace } from '@ebb/api';
import { type Logger, silentLogger } from '@ebb/base';
import { isReady } from '@ebb/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { knativeKinds } from './snapshot.ts';
import { type World, openWorld } from './world.ts';

const name = fc.constantFrom('hello', 'hello-00001', 'www.example.com', 'hello-hello');
const word = fc.oneof(name, fc.constantFrom('', 'now', 'Not a label', '../..', 'x'.repeat(300)));
const text = fc.oneof(
  word,
  fc.json(),
  fc.constantFrom('{"configurations":[{}]}', '-1s', '9999999h', 'disabled', '{{.Name'),
);
const someKeys = fc.constantFrom(...Object.values(keys));
const texts = fc.dictionary(someKeys, text, { maxKeys: 4 });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const target = fc.record(
  {
    tag: word,
    revisionName: word,
    configurationName: word,
    latestRevision: fc.boolean(),
    percent: fc.oneof(fc.integer({ min: -5, max: 200 }), fc.maxSafeInteger()),
    url: text,
  },
  { requiredKeys: [] },
);
const containers = fc.array(fc.record({ name: word, image: word }), { maxLength: 2 });
const template = fc.record(
  { metadata: fc.record({ name: word }, { requiredKeys: [] }), spec: fc.record({ containers }) },
  { requiredKeys: [] },
);
const ref = fc.record({
  apiVersion: fc.constantFrom('v1', 'serving.knative.dev/v1', '?'),
  kind: fc.constantFrom('Service', 'Route', 'Pod', '?'),
  name: word,
});
const spec = fc.record(
  {
    traffic: fc.array(target, { maxLength: 4 }),
    template,
    containers,
    ref,
    scaleTargetRef: fc.constant({}),
    rules: fc.constant([]),
  },
  { requiredKeys: [] },
);
const condition = fc.record({
  type: fc.constantFrom('Ready', 'Active', 'IngressReady', '?'),
  status: fc.constantFrom('True', 'False', 'Unknown', '?'),
  lastTransitionTime: text,
});
const status = fc.record(
  {
    conditions: fc.array(condition, { maxLength: 3 }),
    observedGeneration: fc.integer(),
    latestReadyRevisionName: word,
    latestCreatedRevisionName: word,
    traffic: fc.array(target, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const configMap = fc.constantFrom(
  'config-domain',
  'config-network',
  'config-gc',
  'config-features',
  'config-deployment',
  'config-defaults',
);
const setting = fc.constantFrom(
  'domain-template',
  'tag-template',
  'rollout-duration',
  'min-non-active-revisions',
  'example.com',
  'progress-deadline',
);

/** One thing done to the cluster, past all admission. */
const deed = fc.oneof(
  fc.record({
    verb: fc.constant('create' as const),
    kind: fc.nat(knativeKinds.length - 1),
    name,
    labels: texts,
    annotations: texts,
    spec: optional(spec),
  }),
  fc.record({
    verb: fc.constant('label' as const),
    kind: fc.nat(knativeKinds.length - 1),
    pick: fc.nat(9),
    labels: texts,
    annotations: texts,
  }),
  fc.record({ verb: fc.constant('strip' as const), kind: fc.nat(knativeKinds.length - 1), pick: fc.nat(9) }),
  fc.record({ verb: fc.constant('status' as const), kind: fc.nat(knativeKinds.length - 1), pick: fc.nat(9), status }),
  fc.record({
    verb: fc.constant('delete' as const),
    kind: fc.nat(knativeKinds.length - 1),
    pick: fc.nat(9),
    orphan: fc.boolean(),
  }),
  fc.record({
    verb: fc.constant('configure' as const),
    name: configMap,
    data: fc.dictionary(setting, text, { maxKeys: 2 }),
  }),
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

/** Does it, as far as the API server lets it be done. */
async function perform(world: World, { verb, ...rest }: Deed): Promise<void> {
  const { client } = world;
  const done = { ...rest, verb } as Deed;
  if (done.verb === 'configure') return world.configure(done.name, done.data);
  const resource = knativeKinds[done.kind] ?? resources.services;
  if (done.verb === 'create') {
    const { labels, annotations } = done;
    await client.create(resource, {
      metadata: { name: done.name, namespace, labels, annotations },
      ...(done.spec && { spec: done.spec }),
    } as KubernetesObject);
    return;
  }
  const { items } = await client.list(resource, { namespace });
  const picked = items[done.pick % Math.max(1, items.length)];
  if (!picked) return;
  const key = { namespace, name: picked.metadata.name ?? '' };
  switch (done.verb) {
    case 'label':
      await client.patch(resource, key, {
        type: 'merge',
        body: { metadata: { labels: done.labels, annotations: done.annotations } },
      });
      return;
    case 'strip':
      await client.update(resource, {
        ...picked,
        metadata: { name: key.name, namespace, resourceVersion: picked.metadata.resourceVersion ?? '' },
      });
      return;
    case 'status':
      await client.patch(resource, key, { type: 'merge', body: { status: done.status } }, { subresource: 'status' });
      return;
    case 'delete':
      await client.delete(resource, key, { propagationPolicy: done.orphan ? 'Orphan' : 'Background' });
  }
}

/** What was logged of failures. */
function listen(failures: string[]): Logger {
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void failures.push(`${message}: ${JSON.stringify(fields)}`),
    error: (fields, message) => void failures.push(`${message}: ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  return logger;
}

/** How an error reads that is a mistake in the program. */
const mistake =
  /is not a function|is not iterable|Cannot read|Cannot convert|is not defined|undefined|Invalid time|stack size/;

describe('objects that make no sense', () => {
  it('neither end the controllers nor keep them from their work', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 20, maxLength: 40 }), async (deeds) => {
        await using world = await openWorld({ admission: 'none', simulated: true });
        await world.stop();
        const failures: string[] = [];
        await world.start({ logger: listen(failures) });
        const ready = async (service: string): Promise<void> => {
          await world.eventually(async () => isReady(await world.get(resources.services, service)), { what: service });
        };
        await world.deploy('hello');
        await ready('hello');
        for (const each of deeds) await perform(world, each).catch(() => {}); // the API server may refuse it
        for (const map of ['config-network', 'config-domain'])
          await world.client.delete(resources.configMaps, { namespace: systemNamespace, name: map });
        await world.deploy('fine');
        await ready('fine');
        expect(failures.filter((failure) => mistake.test(failure))).toEqual([]);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  }, 240_000);
});
