import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pod, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { applyObject, connectPanel, parseManifest } from '@ebb/cli';
import { describe, expect, it } from 'vitest';
import { namespace, onCluster } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const folder = join(import.meta.dirname, '..', 'examples', 'batch');
/** Where nothing else places pods they name their node. */
const node = onCluster ? { nodeName: 'virtual-kubelet-local' } : {};

const podOf = ({ platform }: TestPlatform, name: string): Promise<Pod> =>
  platform.client.get(resources.pods, { namespace, name });

const logOf = async ({ platform }: TestPlatform, name: string): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of platform.client.stream(`/api/v1/namespaces/${namespace}/pods/${name}/log`))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

describe('pods beside Knative', () => {
  it('work and end: a job, and a master with workers, one of them on spot', async () => {
    await using ebb = await startTestPlatform([folder]);
    const { client } = ebb.platform;
    const objects = parseManifest(await readFile(join(folder, 'pods.yaml'), 'utf8'), 'pods.yaml');
    for (const { object } of objects) {
      const pod = object as unknown as Pod;
      await applyObject(client, resources.pods, { ...pod, spec: { ...pod.spec, ...node } }, { namespace });
    }
    for (const { object } of objects) {
      const { name = '' } = object.metadata;
      await eventually(
        async () => {
          const { status } = await podOf(ebb, name);
          if (status?.phase !== 'Succeeded') throw new Error(JSON.stringify(status));
          return true;
        },
        { what: `${name} succeeded`, timeoutMs: 60_000 },
      );
    }
    expect(await logOf(ebb, 'report')).toContain('the report is done');
    const told = await logOf(ebb, 'pi-master');
    expect(told).toMatch(/40\/40 {2}π ≈ 3\.1/);
    expect(told).toMatch(/pi-worker-1: \d+ tasks/);
    const { items } = await connectPanel(ebb.platform.panel).bill({ currency: 'CNY' });
    const [spot, standard] = ['pi-worker-2', 'pi-worker-1'].map((pod) => items.find((item) => item.pod === pod));
    const perSecond = (item: typeof spot): number => (item?.amount ?? 0) / (item?.seconds ?? 1);
    expect(perSecond(spot)).toBeCloseTo(0.3 * perSecond(standard), 9);
  });

  it.skipIf(onCluster)('say why they wait where no node will have them', async () => {
    await using ebb = await startTestPlatform([folder]);
    const { client } = ebb.platform;
    await client.create(resources.pods, {
      metadata: { namespace, name: 'picky' },
      spec: { nodeSelector: { disk: 'gold' }, containers: [{ name: 'c', image: 'dev.local/report' }] },
    } as Pod);
    const told = await eventually(async () => {
      const { status } = await podOf(ebb, 'picky');
      return status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
    });
    expect(told).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringMatching(/0\/1 nodes .* node affinity/),
    });
  });
});
