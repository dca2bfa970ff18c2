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
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestApi, namespace, openTestApi } from './api.ts';
import { curl } from './platform.ts';
import { type SimulatedPlatform, configure, startSimulatedPlatform } from './simulated-platform.ts';

/** More of them by EBB_SERVICES: 200 for a hard test. */
const names = Array.from({ length: Number(process.env['EBB_SERVICES'] ?? 8) }, (_, i) => `s${i}`);
const listen = { port: 0, strict: true };

let api: TestApi;
let client: KubeClient;
let platform: SimulatedPlatform;

beforeAll(async () => {
  api = await openTestApi({ admission: 'all' });
  client = createKubeClient({ kubeconfig: api.kubeconfig });
  await configure(client, { 'config-network': { 'autocreate-cluster-domain-claims': 'true' } });
  platform = await startSimulatedPlatform(api, { gateway: { name: 'gateway-0', public: listen, private: listen } });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** The answers of all of an object's URLs that are not 200. */
async function refusals(urls: readonly (string | undefined)[]): Promise<string[]> {
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

const urlsOf = ({ status }: Service): readonly (string | undefined)[] => [
  status?.url,
  ...(status?.traffic ?? []).flatMap(({ url }) => url ?? []),
];

/** Does something to every object, and sends each its first requests in the moment it becomes ready by that. */
async function expectServedOnceReady<T extends KubernetesObject>(
  resource: Resource<T>,
  urlsIn: (object: T) => readonly (string | undefined)[],
  act: (name: string, index: number) => Promise<T>,
): Promise<void> {
  const { metadata } = await client.list(resource, { namespace });
  const stop = new AbortController();
  const awaited = new Map<string, number>();
  const asked = new Map<string, Promise<string[]>>();
  const seen = new Map<string, T>();
  const look = (name: string): void => {
    const object = seen.get(name);
    const generation = awaited.get(name);
    if (!object || generation === undefined || asked.has(name)) return;
    if (object.metadata.generation === generation && isReady(object)) asked.set(name, refusals(urlsIn(object)));
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
  await Promise.all(
    names.map(async (name, index) => {
      const { metadata: made } = await act(name, index);
      awaited.set(made.name ?? '', made.generation ?? 0);
      look(made.name ?? '');
    }),
  );
  await eventually(() => asked.size === names.length, { timeoutMs: 120_000, what: `${resource.plural} ready` });
  stop.abort();
  await watching;
  expect((await Promise.all(asked.values())).flat()).toEqual([]);
}

const templateOf = (version: string): Service['spec'] => ({
  template: {
    spec: { containers: [{ name: 'app', image: 'registry.example/app', env: [{ name: 'VERSION', value: version }] }] },
  },
});
const change = (name: string, body: object): Promise<Service> =>
  client.patch(resources.services, { namespace, name }, { type: 'merge', body });
const expectOfServices = (act: (name: string, index: number) => Promise<Service>): Promise<void> =>
  expectServedOnceReady(resources.services, urlsOf, act);
const traffic = (...targets: TrafficTarget[]): object => ({ spec: { traffic: targets } });
const first = (name: string): { revisionName: string } => ({ revisionName: `${name}-00001` });

it('at the first request: Services that are new', { timeout: 300_000 }, async () => {
  await expectOfServices((name) =>
    client.create(resources.services, { metadata: { namespace, name }, spec: templateOf('1') }),
  );
});

it('at the first request: a new Revision', { timeout: 300_000 }, async () => {
  await expectOfServices((name) => change(name, { spec: templateOf('2') }));
});

it('at the first request: a split between tagged Revisions', { timeout: 300_000 }, async () => {
  await expectOfServices((name) =>
    change(
      name,
      traffic({ ...first(name), percent: 50, tag: 'old' }, { latestRevision: true, percent: 50, tag: 'new' }),
    ),
  );
});

it('at the first request: tags that changed places', { timeout: 300_000 }, async () => {
  await expectOfServices((name) =>
    change(
      name,
      traffic({ ...first(name), percent: 0, tag: 'new' }, { latestRevision: true, percent: 100, tag: 'next' }),
    ),
  );
});

it(
  'at the first request: a Service that is only for the cluster, and one that is for all again',
  { timeout: 300_000 },
  async () => {
    await expectOfServices((name) =>
      change(name, { metadata: { labels: { [keys.visibility]: 'cluster-local' } }, spec: templateOf('3') }),
    );
    await expectOfServices((name) =>
      change(name, { metadata: { labels: { [keys.visibility]: null } }, spec: templateOf('4') }),
    );
  },
);

it(
  "at the first request: a domain of one's own, and one that is mapped to another Service",
  { timeout: 300_000 },
  async () => {
    const urlOf = ({ status }: DomainMapping): readonly (string | undefined)[] => [status?.url];
    const specOf = (name: string): DomainMapping['spec'] => ({
      ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name, namespace },
    });
    await expectServedOnceReady(resources.domainMappings, urlOf, (name) =>
      client.create(resources.domainMappings, {
        metadata: { namespace, name: `${name}.example.com` },
        spec: specOf(name),
      }),
    );
    await expectServedOnceReady(resources.domainMappings, urlOf, (name, index) => {
      const next = names[(index + 1) % names.length] ?? name;
      const key = { namespace, name: `${name}.example.com` };
      return client.patch(resources.domainMappings, key, { type: 'merge', body: { spec: specOf(next) } });
    });
  },
);
