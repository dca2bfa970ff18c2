import { type Service, resources, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type RunningComponents, startComponents, startLocalEci } from '@ebb/cli';
import { type KubeClient, createKubeClient, isReady } from '@ebb/kube';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { expect, it } from 'vitest';
import { type TestApi, namespace, openTestApi } from './api.ts';
import { curl } from './platform.ts';
import { openProcesses } from './processes.ts';

const tools = { clock: systemClock, logger: silentLogger, random: Math.random };

interface Brain extends AsyncDisposable {
  readonly components: RunningComponents;
}

/** How long leases hold here, so that nobody waits long for those of the dead. */
const timing = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

const instant = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };

const configMaps = {
  'config-domain': { localhost: '' },
  'config-leader-election': { 'lease-duration': '4s', 'renew-deadline': '3s', 'retry-period': '1s' },
};

/** In this process all of Ebb but gateways; instances are simulated. */
async function startBrain(api: TestApi, client: KubeClient): Promise<Brain> {
  for (const [name, data] of Object.entries(configMaps)) {
    await client.create(resources.configMaps, { metadata: { namespace: systemNamespace, name }, data });
  }
  const runtime = createSimulatedRuntime({ ...tools, serve: true, timing: instant });
  const eci = await startLocalEci({ runtime, ...tools });
  const kubelet = { host: '127.0.0.1', port: 0, ...api.kubelet };
  const components = await startComponents({
    ...tools,
    cluster: { kubeconfig: api.kubeconfig },
    virtualNode: { eci: eci.access, nodeName: 'virtual-kubelet-local', zone: 'local-a', kubelet },
    replica: { identity: 'brain', timing, advertise: '127.0.0.1', stats: { port: 0, strict: true } },
  });
  return {
    components,
    [Symbol.asyncDispose]: async () => {
      await components[Symbol.asyncDispose]();
      await eci[Symbol.asyncDispose]();
    },
  };
}

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

const names = Array.from({ length: 100 }, (_, i) => `s${i}`);

it(
  'a Service is Ready only when both of two gateways serve it at the first request',
  { timeout: 120_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await using _brain = await startBrain(api, client);
    await using processes = await openProcesses(api.kubeconfig);
    const gateways = await Promise.all(
      ['gateway-a', 'gateway-b'].map((name) => processes.start(name, '--components=gateway')),
    );
    const stop = new AbortController();
    const answered = new Map<string, string[]>();
    const asking: Promise<void>[] = [];
    const ask = async ({ metadata: { name = '', generation = 0 }, status }: Service): Promise<void> => {
      const key = `${name} ${generation}`;
      if (answered.has(key)) return;
      const answers: string[] = [];
      answered.set(key, answers);
      for (const { port } of gateways) {
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
    await eventually(() => answered.size === names.length, { timeoutMs: 50_000, what: 'all Services ready' });
    await Promise.all(
      names.map((name) =>
        client.patch(resources.services, { namespace, name }, { type: 'merge', body: serviceOf(name, 'two') }),
      ),
    );
    await eventually(() => answered.size === 2 * names.length, { timeoutMs: 50_000, what: 'all Services ready again' });
    stop.abort();
    await Promise.all([watching, ...asking]);
    const wrong = [...answered].filter(([, answers]) => answers.join() !== 'ok,ok');
    expect(wrong).toEqual([]);
  },
);

it(
  'a gateway that dies holds up nothing for longer than its lease, whichever it is',
  { timeout: 120_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await using _brain = await startBrain(api, client);
    await using processes = await openProcesses(api.kubeconfig);
    const gateways = await Promise.all(
      ['gateway-a', 'gateway-b', 'gateway-c'].map((name) => processes.start(name, '--components=gateway')),
    );
    const becomesReady = async (name: string): Promise<void> => {
      await client.create(resources.services, serviceOf(name, 'one'));
      await eventually(async () => isReady(await client.get(resources.services, { namespace, name })), {
        what: `${name} ready`,
        timeoutMs: 20_000,
      });
    };
    const writer = async (): Promise<string> => {
      const { spec } = await client.get(resources.leases, { namespace: systemNamespace, name: 'ebb-gateway-status' });
      return spec?.holderIdentity ?? '';
    };
    await becomesReady('all-alive');
    const first = await writer();
    const bystander = gateways.find(({ name }) => name !== first);
    await bystander?.[Symbol.asyncDispose]();
    await becomesReady('without-a-bystander');
    expect(await writer()).toBe(first);
    await gateways.find(({ name }) => name === first)?.[Symbol.asyncDispose]();
    await becomesReady('without-the-writer');
    const last = gateways.find(({ name }) => name !== first && name !== bystander?.name);
    expect(await writer()).toBe(last?.name);
    const answer = await curl(last?.port ?? 0, `without-the-writer.${namespace}.localhost`, { path: '/', headers: {} });
    expect(answer.status).toBe(200);
  },
);
