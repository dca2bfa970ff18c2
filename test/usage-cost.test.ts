import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pod, isNotFound, resources, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { connectPanel, runProgram } from '@ebb/cli';
import { createKubeClient } from '@ebb/kube';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { createTestEci, testAccessKey, testPanelToken } from '@ebb/local-eci/testing';
import { createVirtualNodes } from '@ebb/virtual-node';
import { expect, it } from 'vitest';
import { namespace, newName, openTestApi } from './api.ts';

const nodeName = newName('virtual-kubelet');
/** How far the node's notes may be from what ECI counts: it looks every two seconds, and a busy machine is late. */
const slackSeconds = 15;

const makePod = (name: string, revision: string, annotations: Record<string, string> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { 'serving.knative.dev/revision': revision }, annotations },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [{ name: 'app', image: 'dev.local/app' }],
  },
});

it('a cluster without an ECI of its own tells what its pods have cost, over restarts of the node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cost-'));
  await using api = await openTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const timing = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };
  const tools = { clock: systemClock, random: Math.random };
  await using eci = await createTestEci({ runtime: createSimulatedRuntime({ ...tools, timing }) });
  const panel = connectPanel({ endpoint: eci.endpoint, token: testPanelToken });
  const start = (): { stop(): Promise<void> } => {
    const stopping = new AbortController();
    const running = createVirtualNodes({
      ...tools,
      client,
      eci: { endpoint: eci.endpoint, protocol: 'http', regionId: eci.regionId, ...testAccessKey },
      nodeName,
      zone: 'cn-hangzhou-j',
      kubelet: { host: '127.0.0.1', port: 0, ...api.kubelet },
      keepUsage: true,
      logger: silentLogger,
    }).run(stopping);
    return { stop: () => (stopping.abort(), running) };
  };
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
  const cost = async (...args: string[]): Promise<string> => {
    let text = '';
    const take = (more: string): void => void (text += more);
    const io = { out: take, err: take, exit: () => {}, env: {}, cwd: folder, color: false };
    await runProgram(['cost', '--kubeconfig', kubeconfig, ...args], io);
    return text;
  };
  const groups = (count: number): Promise<unknown> =>
    eventually(async () => (await panel.groups()).filter(({ status }) => status === 'Running').length === count, {
      what: `${count} instances`,
      timeoutMs: 40_000,
    });
  const remove = (name: string): Promise<unknown> => client.delete(resources.pods, { namespace, name });
  const [kept, gone, lost] = [newName('kept'), newName('gone'), newName('lost')];
  try {
    expect(await cost()).toContain('its virtual nodes have written down no instances yet');
    const first = start();
    await client.create(resources.pods, makePod(kept, 'web-00001'));
    await client.create(resources.pods, makePod(gone, 'web-00001'));
    await client.create(resources.pods, makePod(lost, 'web-00002'));
    await groups(3);
    await remove(gone);
    await groups(2);
    await first.stop();
    // One ends while there is nobody to see it.
    await panel.befall(`${namespace}/${lost}`, 'delete');
    const second = start();
    await remove(lost);
    const bill = await eventually(
      async () => {
        const text = await cost('--by', 'pod', '--output', 'json').catch(() => '');
        const parsed = JSON.parse(text) as { items: { pod: string; untilMs?: number }[]; estimate: boolean };
        return parsed.items.filter(({ untilMs }) => untilMs !== undefined).length === 2 ? parsed : undefined;
      },
      { what: 'two to have ended', timeoutMs: 60_000 },
    );
    expect(bill.estimate).toBe(true);
    const { items } = await panel.bill({ currency: 'CNY' });
    const seconds = (all: readonly object[]): Map<string, number> =>
      new Map((all as { pod: string; seconds: number }[]).map((item) => [item.pod, item.seconds]));
    const [ours, theirs] = [seconds(bill.items), seconds(items)];
    expect([...ours.keys()].toSorted()).toEqual([kept, gone, lost].toSorted());
    for (const [pod, count] of theirs) expect(Math.abs(count - (ours.get(pod) ?? 0))).toBeLessThan(slackSeconds);
    const table = await cost('--by', 'revision');
    expect(table).toMatch(/web-00001 +2 /);
    expect(table).toContain('An estimate, by ECI');
    await remove(kept);
    await groups(0);
    await second.stop();
  } finally {
    await client.delete(resources.nodes, { name: nodeName }).catch(() => {}); // gone already
    await client
      .delete(resources.configMaps, { namespace: systemNamespace, name: 'ebb-usage-0' })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    await rm(folder, { recursive: true, force: true });
  }
});
