import { resources, servingCrds, systemNamespace } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { UserError, silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { type PreflightOptions, waitForCluster } from '../src/run/preflight.ts';

const common = (clock: FakeClock, said: string[]): Omit<PreflightOptions, 'client'> => ({
  clock,
  logger: silentLogger,
  say: (text) => void said.push(text),
  isKubelet: true,
  signal: new AbortController().signal,
});

it('waits until the cluster has the kinds, says so once, and makes the namespace', async () => {
  await using api = await createTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const clock = new FakeClock();
  const said: string[] = [];
  const waiting = waitForCluster({ client, ...common(clock, said) });
  await eventually(() => said.length > 0);
  for (const crd of servingCrds()) await client.create(resources.customResourceDefinitions, crd);
  let done = false;
  void waiting.then(() => (done = true));
  await eventually(async () => {
    await clock.advance(2000);
    return done;
  });
  expect(said).toEqual([expect.stringContaining('kubectl apply -f deploy/crds')]);
  expect((await client.get(resources.namespaces, { name: systemNamespace })).metadata.name).toBe(systemNamespace);
});

it('reads how long leases hold, and takes the default where that is wrong', async () => {
  await using api = await createTestApi({ crds: servingCrds() });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const options = { client, ...common(new FakeClock(), []) };
  const standard = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 };
  expect((await waitForCluster(options)).timing).toEqual(standard);
  const metadata = { namespace: systemNamespace, name: 'config-leader-election' };
  await client.create(resources.configMaps, { metadata, data: { 'lease-duration': '30s' } });
  expect((await waitForCluster(options)).timing).toEqual({ ...standard, leaseDurationSeconds: 30 });
  await client.patch(resources.configMaps, metadata, { type: 'merge', body: { data: { 'lease-duration': 'long' } } });
  expect((await waitForCluster(options)).timing).toEqual(standard);
});

it('goes on waiting for a cluster that does not answer, but not for one that lets nobody in', async () => {
  await using api = await createTestApi({ crds: servingCrds() });
  const clock = new FakeClock();
  const said: string[] = [];
  await using stranger = createKubeClient({ kubeconfig: api.kubeconfig.replace(/token: .*/, 'token: guess') });
  await expect(waitForCluster({ client: stranger, ...common(clock, said) })).rejects.toThrow(UserError);
  await using nowhere = createKubeClient({
    kubeconfig: api.kubeconfig.replace(/server: .*/, 'server: https://127.0.0.1:1'),
  });
  const stop = new AbortController();
  const waiting = waitForCluster({ client: nowhere, ...common(clock, said), signal: stop.signal });
  await eventually(() => said.length > 0);
  expect(said).toEqual([expect.stringMatching(/^waiting: cannot reach the API server at https:\/\/127\.0\.0\.1:1\//)]);
  stop.abort(new Error('told to stop'));
  await expect(waiting).rejects.toThrow('told to stop');
});
