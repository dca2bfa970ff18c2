import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { runProgram } from '@ebb/cli';
import { createGateway } from '@ebb/gateway-slb';
import { createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { Instance, countedHost, countedIsReady, createCounted } from './counted.ts';
import { curl } from './platform.ts';

/** What `ebb` prints. */
async function ebb(kubeconfig: string, ...args: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cold-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  let printed = '';
  const out = (text: string): void => void (printed += text);
  const io = { out, err: out, exit: () => {}, env: {}, cwd: folder, color: false };
  await runProgram([...args, '--kubeconfig', file, '-n', namespace], io);
  await rm(folder, { recursive: true });
  return printed;
}

it('a cold start tells where its time went, to the client and to ebb cold-starts', async () => {
  await using api = await openTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  await createCounted(client, 0, { 'ebb.dev/server-timing': 'true' });
  await using gateway = await createGateway({
    client,
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
    name: 'gateway-1',
    listeners: { public: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
  });
  await countedIsReady(client);
  expect(await ebb(api.kubeconfig, 'cold-starts', 'counted-00001')).toBe('no cold starts in the last hour\n');

  const ask = (): ReturnType<typeof curl> => curl(gateway.publicAddress.port, countedHost, { path: '/', headers: {} });
  const asked = [ask(), ask()];
  await systemClock.sleep(20);
  await using instance = new Instance();
  await instance.open(client, 'counted-0');
  for (const { status, headers } of await Promise.all(asked)) {
    expect([status, headers['ebb-cold-start']]).toEqual([200, 'true']);
    expect(headers['server-timing']).toMatch(/^(.*, )?seen;dur=[\d.]+, .*ready;dur=[\d.]+, first-byte;dur=[\d.]+$/);
  }
  // One that did not wait has nothing to tell.
  expect((await ask()).headers['server-timing']).toBeUndefined();

  await eventually(async () => (await ebb(api.kubeconfig, 'cold-starts', 'counted-00001')).includes('counted-0'));
  const [coldStart, ...others] = JSON.parse(
    await ebb(api.kubeconfig, 'cold-starts', 'counted-00001', '-o', 'json'),
  ) as { readonly steps: Readonly<Record<string, number>> }[];
  expect(others).toEqual([]);
  expect(coldStart).toMatchObject({ revision: 'counted-00001', pod: 'counted-0', gateway: 'gateway-1', waiting: 2 });
  const steps = ['queued', 'seen', 'ready', 'granted', 'first byte'].map((step) => coldStart?.steps[step] ?? -1);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(steps[0]).toBeGreaterThanOrEqual(0);
  expect(await ebb(api.kubeconfig, 'cold-starts', 'nobody')).toContain('no Service or Revision nobody');
});
