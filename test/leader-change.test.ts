import { type Service, keys, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { createKubeClient, isReady } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { BusyInstances } from './busy-instances.ts';
import { holderOf, leaderElection, timing } from './leases.ts';
import { curl } from './platform.ts';
import { openProcesses } from './processes.ts';
import { configure, startSimulatedPlatform } from './simulated-platform.ts';

const name = 'busy';
const host = `${name}.${namespace}.localhost`;
const service: Service = {
  metadata: { namespace, name },
  spec: {
    template: {
      metadata: { annotations: { 'autoscaling.knative.dev/window': '6s', 'autoscaling.knative.dev/target': '3' } },
      spec: { containers: [{ name: 'app', image: 'registry.example/busy' }] },
    },
  },
};

it(
  'the autoscaler at work is killed in a spike: no pod is let go, no request is lost',
  { timeout: 240_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client, leaderElection);
    await using processes = await openProcesses(api.kubeconfig);
    const there = await processes.start('autoscaler-there', '--components=autoscaler');
    const listen = { port: 0, strict: true };
    await using platform = await startSimulatedPlatform(api, {
      gateway: { name: 'gateway-here', public: listen, private: listen },
      replica: { identity: 'here', timing, advertise: '127.0.0.1', stats: listen },
      serve: new BusyInstances().serve,
    });
    const leader = (): Promise<string> => holderOf(client, 'ebb-autoscaler');
    await client.create(resources.services, service);
    await eventually(async () => isReady(await client.get(resources.services, { namespace, name })), {
      what: 'Service ready',
      timeoutMs: 60_000,
    });
    expect(await leader()).toContain('autoscaler-there');

    const port = platform.components.gateway?.publicAddress.port ?? 0;
    let goesOn = true;
    const statuses: number[] = [];
    const ask = async (): Promise<void> => {
      while (goesOn) statuses.push((await curl(port, host, { path: '/?ms=300', headers: {} })).status);
    };
    const asking = Promise.all(Array.from({ length: 12 }, ask));
    const staying = async (): Promise<number> => {
      const { items } = await client.list(resources.pods, { namespace });
      return items.filter(({ metadata: { annotations, deletionTimestamp } }) => {
        return deletionTimestamp === undefined && annotations?.[keys.draining] === undefined;
      }).length;
    };
    await eventually(async () => (await staying()) >= 4, { what: 'pods for the spike', timeoutMs: 60_000 });
    const before = await staying();

    await there[Symbol.asyncDispose]();
    const counts: number[] = [];
    const heldAt = Date.now() + 7000;
    await eventually(
      async () => {
        counts.push(await staying());
        return (await leader()) === 'here' && Date.now() > heldAt;
      },
      { what: 'the other at work for a while', timeoutMs: 40_000 },
    );
    goesOn = false;
    await asking;
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(before);
    expect([...new Set(statuses)]).toEqual([200]);
  },
);
