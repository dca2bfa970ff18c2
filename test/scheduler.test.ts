import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pod, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { createKubeClient } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { namespace, newName, onCluster, openTestApi } from './api.ts';
import { ensureBinaries } from './cluster/binaries.ts';
import { configure, startSimulatedPlatform } from './simulated-platform.ts';

/** kube-scheduler beside the cluster's API server, until disposed. */
async function startScheduler(kubeconfig: string): Promise<AsyncDisposable> {
  const { scheduler } = await ensureBinaries(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'ebb-scheduler-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  const child = spawn(scheduler, ['--kubeconfig', file, '--leader-elect=false', '--secure-port=0'], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const podOf = (spec: object): Pod =>
  ({
    metadata: { namespace, name: newName('placed') },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'dev.local/any' }], ...spec },
  }) as Pod;

describe.skipIf(!onCluster)('kube-scheduler', () => {
  it('places pods on the virtual node that tolerate it, and no others', { timeout: 240_000 }, async () => {
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client);
    await using _platform = await startSimulatedPlatform(api, {});
    await using _scheduler = await startScheduler(api.kubeconfig);
    const tolerations = [
      { key: 'virtual-kubelet.io/provider', operator: 'Equal', value: 'alibabacloud', effect: 'NoSchedule' },
    ];
    const burst = podOf({ tolerations, nodeSelector: { type: 'virtual-kubelet' } });
    const stranger = podOf({});
    for (const pod of [burst, stranger]) await client.create(resources.pods, pod);
    const get = ({ metadata: { name = '' } }: Pod): Promise<Pod> => client.get(resources.pods, { namespace, name });
    const placed = await eventually(
      async () => {
        const pod = await get(burst);
        return pod.status?.phase === 'Running' ? pod : undefined;
      },
      { what: 'the pod runs', timeoutMs: 40_000 },
    );
    expect(placed.spec.nodeName).toBe('virtual-kubelet-local');
    const told = await eventually(
      async () => (await get(stranger)).status?.conditions?.find(({ reason }) => reason === 'Unschedulable'),
      { what: 'the stranger is told', timeoutMs: 40_000 },
    );
    expect(told.message).toContain('untolerated taint {virtual-kubelet.io/provider: alibabacloud}');
  });
});
