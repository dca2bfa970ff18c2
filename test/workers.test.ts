import { resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { openTestApi } from './api.ts';
import { Clients, Instance, countedIsReady, createCounted } from './counted.ts';
import { openProcesses } from './processes.ts';

const config = { 'lease-duration': '4s', 'renew-deadline': '3s', 'retry-period': '1s' };

it(
  'workers share a port; one that is killed is started again, and all can be replaced without a request lost',
  { timeout: 600_000 },
  async () => {
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await client.create(resources.configMaps, {
      metadata: { namespace: systemNamespace, name: 'config-leader-election' },
      data: config,
    });
    await createCounted(client, 0);
    await using instance = new Instance();
    await instance.open(client, 'counted-0');
    await using processes = await openProcesses(api.kubeconfig);
    const process = await processes.start('host', '--components=gateway', '--workers', '2');
    await countedIsReady(client);
    const gateways = async (): Promise<readonly string[]> => {
      const labelSelector = 'ebb.dev/component=gateway';
      const { items } = await client.list(resources.leases, { namespace: systemNamespace, labelSelector });
      return items.map(({ metadata }) => metadata.name ?? '').toSorted();
    };
    expect(await gateways()).toEqual(['ebb-gateway-host-1', 'ebb-gateway-host-2']);
    const isReady = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${process.healthPort}/readyz`)).status === 200;

    await using clients = new Clients(process.port, 8);
    await eventually(() => clients.answered > 50);
    const counted = async (): Promise<number> => {
      const metrics = await (await fetch(`http://127.0.0.1:${process.healthPort}/metrics`)).text();
      return Number(/^activator_request_count\{.*response_code="200".*\} (\d+)$/m.exec(metrics)?.[1]);
    };
    expect(await counted()).toBeGreaterThan(50);
    const [, first] = /with workers (\d+)/.exec(process.output()) ?? [];
    const countedBefore = await counted();
    globalThis.process.kill(Number(first), 'SIGKILL');
    await eventually(async () => !(await isReady()), { what: 'one worker is missed' });
    await eventually(isReady, { what: 'it is started again', timeoutMs: 150_000 });
    expect(process.output()).toContain('a worker has died');
    // Whatever was under way on the one that was killed, and nothing else.
    expect(clients.failures.length).toBeLessThanOrEqual(8);

    const before = clients.failures.length;
    process.child.kill('SIGUSR2');
    await eventually(async () => (await gateways()).join() === 'ebb-gateway-host-3,ebb-gateway-host-4', {
      what: 'all workers are others',
      timeoutMs: 150_000,
    });
    const answered = clients.answered;
    await eventually(() => clients.answered > answered + 50, { what: 'the new ones serve' });
    await clients.stop();
    expect(await counted()).toBeGreaterThan(countedBefore);
    // Of the one that was killed, what it had counted in its last second may be missing.
    expect(await counted()).toBeGreaterThan(clients.answered * 0.5);
    expect(clients.failures.slice(before)).toEqual([]);

    process.child.kill('SIGTERM');
    expect(await process.exited).toBe(0);
    expect(await gateways()).toEqual([]);
  },
);
