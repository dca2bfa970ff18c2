import { keys, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { startComponents, startLocalEci } from '@ebb/cli';
import { createKubeClient, isReady } from '@ebb/kube';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { curl } from './platform.ts';
import { configure } from './simulated-platform.ts';

it('has the pods of a schedule there when the clock strikes its hour', { timeout: 240_000 }, async () => {
  const tools = { clock: systemClock, logger: silentLogger, random: Math.random };
  const timing = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };
  /** A whole minute, at whatever time of day. */
  const strikes = Math.ceil((systemClock.now() + 600_000) / 60_000) * 60_000;
  const at = new Date(strikes);
  // Autoscaler and gateway live by a clock of their own: the cluster signs and expires by the real one.
  let aheadMs = 0;
  const clock = { ...systemClock, now: (): number => systemClock.now() + aheadMs };

  await using api = await openTestApi({ admission: 'all' });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  await configure(client);
  const runtime = createSimulatedRuntime({ ...tools, serve: true, timing });
  await using eci = await startLocalEci({ runtime, ...tools });
  const cluster = { kubeconfig: api.kubeconfig };
  const virtualNode = {
    eci: eci.access,
    nodeName: 'virtual-kubelet-local',
    zone: 'local-a',
    kubelet: { host: '127.0.0.1', port: 0, ...api.kubelet },
  };
  await using _others = await startComponents({
    ...tools,
    cluster,
    virtualNode,
    components: ['controller', 'virtual-node'],
  });
  const listen = { port: 0, strict: true };
  await using here = await startComponents({
    ...tools,
    clock,
    cluster,
    gateway: { name: 'gateway-0', public: listen, private: listen },
    components: ['autoscaler', 'gateway'],
  });

  const name = 'office';
  const annotations = {
    'ebb.dev/schedule': `${at.getUTCMinutes()} ${at.getUTCHours()} * * * for 1h min 3`,
    'autoscaling.knative.dev/window': '6s',
  };
  const spec = { containers: [{ name: 'app', image: 'registry.example/app' }] };
  await client.create(resources.services, {
    metadata: { namespace, name },
    spec: { template: { metadata: { annotations }, spec } },
  });
  await eventually(async () => isReady(await client.get(resources.services, { namespace, name })), {
    what: 'Service ready',
    timeoutMs: 40_000,
  });
  const pods = async (): Promise<number> =>
    (await client.list(resources.pods, { namespace, labelSelector: `${keys.service}=${name}` })).items.length;
  expect(await pods()).toBeLessThan(3);
  aheadMs = strikes - systemClock.now();
  await eventually(async () => (await pods()) === 3, { what: 'the three pods of the schedule', timeoutMs: 40_000 });
  const { status } = await client.get(resources.podAutoscalers, { namespace, name: `${name}-00001` });
  expect(status?.annotations?.[keys.why]).toMatch(/to 3 pods\..*he schedule makes it 3/);
  const port = here.gateway?.publicAddress.port ?? 0;
  const answer = await curl(port, `${name}.${namespace}.localhost`, { path: '/', headers: {} });
  expect([answer.status, answer.headers['ebb-cold-start']]).toEqual([200, undefined]);
});
