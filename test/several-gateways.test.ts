import { type Service, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { createKubeClient, isReady } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { holderOf, leaderElection, timing } from './leases.ts';
import { curl } from './platform.ts';
import { openProcesses } from './processes.ts';
import { type SimulatedPlatform, configure, startSimulatedPlatform } from './simulated-platform.ts';

const here = {
  gateway: { name: 'gateway-here', public: { port: 0, strict: true }, private: { port: 0, strict: true } },
  replica: { identity: 'here', timing, advertise: '127.0.0.1', stats: { port: 0, strict: true } },
};
const portOf = ({ components }: SimulatedPlatform): number => components.gateway?.publicAddress.port ?? 0;

const serviceOf = (name: string, version: string): Service => ({
  metadata: { namespace, name },
  spec: {
    template: {
      spec: {
        containers: [{ name: 'app', image: 'registry.example/app', env: [{ name: 'VERSION', value: version }] }],
      },
    },
  },
});

/** More of them by EBB_SERVICES: 100 for a hard test. */
const names = Array.from({ length: Number(process.env['EBB_SERVICES'] ?? 12) }, (_, i) => `s${i}`);

it(
  'a Service is Ready only when both of two gateways serve it at the first request',
  { timeout: 300_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client, leaderElection);
    await using platform = await startSimulatedPlatform(api, here);
    await using processes = await openProcesses(api.kubeconfig);
    const other = await processes.start('gateway-there', '--components=gateway');
    const stop = new AbortController();
    const answered = new Map<string, string[]>();
    const asking: Promise<void>[] = [];
    const ask = async ({ metadata: { name = '', generation = 0 }, status }: Service): Promise<void> => {
      const key = `${name} ${generation}`;
      if (answered.has(key)) return;
      const answers: string[] = [];
      answered.set(key, answers);
      for (const port of [portOf(platform), other.port]) {
        const { status: code, body } = await curl(port, `${name}.${namespace}.localhost`, { path: '/', headers: {} });
        answers.push(code === 200 && body.includes(status?.latestReadyRevisionName ?? '?') ? 'ok' : `${code} ${body}`);
      }
    };
    const { metadata } = await client.list(resources.services, { namespace });
    const watching = (async () => {
      const from = { namespace, resourceVersion: metadata.resourceVersion ?? '', signal: stop.signal };
      for await (const { type, object } of client.watch(resources.services, from)) {
        if (type !== 'BOOKMARK' && type !== 'ERROR' && isReady(object)) asking.push(ask(object));
      }
    })().catch(() => {});
    await Promise.all(names.map((name) => client.create(resources.services, serviceOf(name, 'one'))));
    await eventually(() => answered.size === names.length, { timeoutMs: 120_000, what: 'all Services ready' });
    await Promise.all(
      names.map((name) =>
        client.patch(resources.services, { namespace, name }, { type: 'merge', body: serviceOf(name, 'two') }),
      ),
    );
    await eventually(() => answered.size === 2 * names.length, {
      timeoutMs: 120_000,
      what: 'all Services ready again',
    });
    stop.abort();
    await Promise.all([watching, ...asking]);
    const wrong = [...answered].filter(([, answers]) => answers.join() !== 'ok,ok');
    expect(wrong).toEqual([]);
  },
);

it(
  'a gateway that dies holds up nothing for longer than its lease, whichever it is',
  { timeout: 300_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client, leaderElection);
    await using processes = await openProcesses(api.kubeconfig);
    const writerOf = (): Promise<string> => holderOf(client, 'ebb-gateway-status');
    const becomesReady = async (name: string): Promise<void> => {
      await client.create(resources.services, serviceOf(name, 'one'));
      const isThere = async (): Promise<boolean> => isReady(await client.get(resources.services, { namespace, name }));
      await eventually(isThere, { what: `${name} ready`, timeoutMs: 40_000 });
    };
    const writer = await processes.start('gateway-writer', '--components=gateway');
    await eventually(async () => (await writerOf()) === 'gateway-writer');
    const bystander = await processes.start('gateway-bystander', '--components=gateway');
    await using platform = await startSimulatedPlatform(api, here);
    await becomesReady('all-alive');
    await bystander[Symbol.asyncDispose]();
    await becomesReady('without-a-bystander');
    expect(await writerOf()).toBe('gateway-writer');
    await writer[Symbol.asyncDispose]();
    await becomesReady('without-the-writer');
    expect(await writerOf()).toBe('gateway-here');
    const host = `without-the-writer.${namespace}.localhost`;
    expect((await curl(portOf(platform), host, { path: '/', headers: {} })).status).toBe(200);
  },
);

it(
  'a gateway wakes a Revision through the autoscaler of another process, and through its own when that one is killed',
  { timeout: 300_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client, leaderElection);
    await using processes = await openProcesses(api.kubeconfig);
    const leaderOf = (): Promise<string> => holderOf(client, 'ebb-autoscaler');
    const first = await processes.start('autoscaler-there', '--components=autoscaler');
    await using platform = await startSimulatedPlatform(api, here);
    for (const name of ['sleeper', 'long-sleeper']) {
      const service = serviceOf(name, 'one');
      const annotations = { 'autoscaling.knative.dev/window': '6s' };
      const spec = { template: { ...service.spec?.template, metadata: { annotations } } };
      await client.create(resources.services, { ...service, spec } as typeof service);
    }
    const podsOf = async (): Promise<number> => (await client.list(resources.pods, { namespace })).items.length;
    await eventually(async () => (await podsOf()) >= 2, { timeoutMs: 40_000, what: 'first instances' });
    await eventually(async () => (await podsOf()) === 0, { timeoutMs: 60_000, what: 'scale to zero' });
    const get = (name: string): ReturnType<typeof curl> =>
      curl(portOf(platform), `${name}.${namespace}.localhost`, { path: '/', headers: {} });
    expect(await get('sleeper')).toMatchObject({ status: 200, headers: { 'ebb-cold-start': 'true' } });
    expect(await leaderOf()).toBe('autoscaler-there');
    await first[Symbol.asyncDispose]();
    expect(await get('long-sleeper')).toMatchObject({ status: 200, headers: { 'ebb-cold-start': 'true' } });
    expect(await leaderOf()).toBe('here');
    expect((await get('sleeper')).status).toBe(200);
  },
);
