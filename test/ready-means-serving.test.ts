import {
  type DomainMapping,
  type KubernetesObject,
  type Resource,
  type Service,
  type TrafficTarget,
  keys,
  resources,
} from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, createKubeClient, isReady } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { curl } from './platform.ts';
import { type SimulatedPlatform, configure, startSimulatedPlatform } from './simulated-platform.ts';

/** More of them by EBB_SERVICES: 200 for a hard test. */
const names = Array.from({ length: Number(process.env['EBB_SERVICES'] ?? 8) }, (_, i) => `s${i}`);
const listen = { port: 0, strict: true };

interface World {
  readonly client: KubeClient;
  readonly platform: SimulatedPlatform;
}

/** What is done to every object, and which URLs it has then. */
interface Deed<T extends KubernetesObject> {
  readonly what: string;
  readonly resource: Resource<T>;
  readonly urlsOf: (object: T) => readonly (string | undefined)[];
  readonly act: (name: string, index: number) => Promise<T>;
}

/** The answers of all of an object's URLs that are not 200. */
async function refusals({ platform }: World, urls: readonly (string | undefined)[]): Promise<string[]> {
  const { publicAddress, privateAddress } = platform.components.gateway ?? {};
  const wrong: string[] = [];
  for (const url of urls) {
    const { hostname } = new URL(url ?? '');
    const port = (hostname.endsWith('.svc.cluster.local') ? privateAddress : publicAddress)?.port ?? 0;
    const { status, headers, body } = await curl(port, hostname, { path: '/', headers: {} });
    if (status !== 200) wrong.push(`${url}: ${status} ${String(headers['ebb-reason'])} ${body}`);
  }
  return wrong;
}

/** Does something to every object, and sends each its first requests in the moment it becomes ready by that. */
async function expectServedOnceReady<T extends KubernetesObject>(
  world: World,
  { what, resource, urlsOf, act }: Deed<T>,
): Promise<void> {
  const { client } = world;
  const { metadata } = await client.list(resource, { namespace });
  const stop = new AbortController();
  const awaited = new Map<string, number>();
  const asked = new Map<string, Promise<string[]>>();
  const seen = new Map<string, T>();
  const look = (name: string): void => {
    const object = seen.get(name);
    const generation = awaited.get(name);
    if (!object || generation === undefined || asked.has(name)) return;
    if (object.metadata.generation !== generation || !isReady(object)) return;
    const answers = refusals(world, urlsOf(object));
    answers.catch(() => {}); // seen below
    asked.set(name, answers);
  };
  const watching = (async () => {
    const from = { namespace, resourceVersion: metadata.resourceVersion ?? '', signal: stop.signal };
    for await (const { type, object } of client.watch(resource, from)) {
      if (type !== 'ADDED' && type !== 'MODIFIED') continue;
      const { name = '' } = object.metadata;
      seen.set(name, object);
      look(name);
    }
  })().catch(() => {}); // ended by the abort
  try {
    await Promise.all(
      names.map(async (name, index) => {
        const { metadata: made } = await act(name, index);
        awaited.set(made.name ?? '', made.generation ?? 0);
        look(made.name ?? '');
      }),
    );
    await eventually(() => asked.size === names.length, { timeoutMs: 60_000, what: `${what}: ready` });
  } finally {
    stop.abort();
    await watching;
  }
  expect({ what, wrong: (await Promise.all(asked.values())).flat() }).toEqual({ what, wrong: [] });
}

const templateOf = (version: string): Service['spec'] => ({
  template: {
    spec: { containers: [{ name: 'app', image: 'registry.example/app', env: [{ name: 'VERSION', value: version }] }] },
  },
});
const traffic = (...targets: TrafficTarget[]): object => ({ spec: { traffic: targets } });
const first = (name: string): { revisionName: string } => ({ revisionName: `${name}-00001` });

// One story, each deed upon what the one before has left.
it('what has become Ready serves at the first request', { timeout: 600_000 }, async () => {
  await using api = await openTestApi({ admission: 'all' });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  await configure(client, { 'config-network': { 'autocreate-cluster-domain-claims': 'true' } });
  const gateway = { name: 'gateway-0', public: listen, private: listen };
  await using platform = await startSimulatedPlatform(api, { gateway });
  const world = { client, platform };

  const ofServices = (what: string, act: Deed<Service>['act']): Promise<void> =>
    expectServedOnceReady(world, {
      what,
      resource: resources.services,
      urlsOf: ({ status }) => [status?.url, ...(status?.traffic ?? []).flatMap(({ url }) => url ?? [])],
      act,
    });
  const changed = (what: string, bodyOf: (name: string) => object): Promise<void> =>
    ofServices(what, (name) =>
      client.patch(resources.services, { namespace, name }, { type: 'merge', body: bodyOf(name) }),
    );
  await ofServices('Services that are new', (name) =>
    client.create(resources.services, { metadata: { namespace, name }, spec: templateOf('1') }),
  );
  await changed('a new Revision', () => ({ spec: templateOf('2') }));
  await changed('a split between tagged Revisions', (name) =>
    traffic({ ...first(name), percent: 50, tag: 'old' }, { latestRevision: true, percent: 50, tag: 'new' }),
  );
  await changed('tags that changed places', (name) =>
    traffic({ ...first(name), percent: 0, tag: 'new' }, { latestRevision: true, percent: 100, tag: 'next' }),
  );
  const visible = (visibility: string | null): object => ({ labels: { [keys.visibility]: visibility } });
  await changed('a Service that is only for the cluster', () => ({
    metadata: visible('cluster-local'),
    spec: templateOf('3'),
  }));
  await changed('one that is for all again', () => ({ metadata: visible(null), spec: templateOf('4') }));

  const ofDomains = (what: string, act: Deed<DomainMapping>['act']): Promise<void> =>
    expectServedOnceReady(world, {
      what,
      resource: resources.domainMappings,
      urlsOf: ({ status }) => [status?.url],
      act,
    });
  const specOf = (name: string): DomainMapping['spec'] => ({
    ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name, namespace },
  });
  const keyOf = (name: string): { namespace: string; name: string } => ({ namespace, name: `${name}.example.com` });
  await ofDomains("a domain of one's own", (name) =>
    client.create(resources.domainMappings, { metadata: keyOf(name), spec: specOf(name) }),
  );
  await ofDomains('a domain that is mapped to another Service', (name, index) => {
    const next = names[(index + 1) % names.length] ?? name;
    const body = { spec: specOf(next) };
    return client.patch(resources.domainMappings, keyOf(name), { type: 'merge', body });
  });
});
