import { request } from 'node:http';
import { type Service, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { createKubeClient, isReady } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { holderOf, leaderElection } from './leases.ts';
import { curl } from './platform.ts';
import { type RunProcess, openProcesses } from './processes.ts';

const whole = ['--components=controller,autoscaler,virtual-node,gateway', '--local-eci', '--domain', 'localhost'];
const leases = ['ebb-controller', 'ebb-autoscaler', 'ebb-gateway-status', 'ebb-virtual-node-virtual-kubelet-local-a'];

const serviceOf = (name: string): Service => ({
  metadata: { namespace, name },
  spec: { template: { spec: { containers: [{ name: 'app', image: 'dev.local/hello' }] } } },
});

const get = ({ port }: RunProcess, host: string): ReturnType<typeof curl> =>
  curl(port, `${host}.${namespace}.localhost`, { path: '/', headers: {} });

const health = async ({ healthPort }: RunProcess, path: string): Promise<[number, string]> => {
  const { status, body } = await curl(healthPort, 'health', { path, headers: {} });
  return [status, body];
};

it(
  'of two replicas one works; the other goes on when it is killed, and gives all back when told to stop',
  { timeout: 300_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await client.create(resources.configMaps, {
      metadata: { namespace: systemNamespace, name: 'config-leader-election' },
      data: leaderElection['config-leader-election'],
    });
    await using processes = await openProcesses(api.kubeconfig);
    const serves = async (run: RunProcess, name: string): Promise<void> => {
      await client.create(resources.services, serviceOf(name));
      const key = { namespace, name };
      await eventually(async () => isReady(await client.get(resources.services, key)), {
        timeoutMs: 60_000,
        what: name,
      });
      expect(await get(run, name)).toMatchObject({ status: 200, body: expect.stringContaining('Hello') });
    };
    const first = await processes.start('first', ...whole, 'examples/hello');
    await serves(first, 'before');
    const second = await processes.start('second', ...whole, 'examples/hello');
    expect(await health(second, '/readyz')).toEqual([200, expect.stringContaining('controller: ok\n')]);
    for (const lease of leases) expect(await holderOf(client, lease)).toBe('first');

    await first[Symbol.asyncDispose]();
    await serves(second, 'after');
    // What the dead one had started has died with its machine, and comes back on this one.
    await eventually(async () => (await get(second, 'before')).status === 200, { timeoutMs: 60_000, what: 'before' });
    for (const lease of leases) expect(await holderOf(client, lease)).toBe('second');

    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    expect(second.output()).toMatch(/ebb run: stopping\n/);
    for (const lease of leases) expect(await holderOf(client, lease)).toBe('');
    const { items } = await client.list(resources.leases, { namespace: systemNamespace });
    expect(items.map(({ metadata }) => metadata.name)).not.toContain('ebb-gateway-second');
  },
);

it(
  'a gateway told to stop is not ready, but answers what is under way and what still comes',
  { timeout: 180_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await using processes = await openProcesses(api.kubeconfig);
    const run = await processes.start('only', ...whole, '--drain-seconds=2', 'examples/hello');
    await client.create(resources.services, serviceOf('hello'));
    const key = { namespace, name: 'hello' };
    await eventually(async () => isReady(await client.get(resources.services, key)), { timeoutMs: 60_000 });
    expect(await health(run, '/healthz')).toEqual([200, 'ok\n']);
    const slow = postSlowly(run.port, `hello.${namespace}.localhost`);
    run.child.kill('SIGTERM');
    await eventually(async () => (await health(run, '/readyz'))[0] === 503);
    expect((await get(run, 'hello')).status).toBe(200);
    const [, metrics] = await health(run, '/metrics');
    expect(metrics).toMatch(/^activator_request_count\{.*response_code="200".*\} [1-9]/m);
    expect(metrics).toMatch(/^kn_revision_pods_requested\{.*kn_revision_name="hello-00001".*\} 1$/m);
    slow.finish();
    expect(await slow.status).toBe(200);
    expect(await run.exited).toBe(0);
  },
);

/** A request whose body is not complete until `finish` is called. */
function postSlowly(port: number, host: string): { readonly status: Promise<number>; finish(): void } {
  const sent = request({ host: '127.0.0.1', port, method: 'POST', headers: { host }, agent: false });
  sent.write('begun');
  const status = new Promise<number>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  return { status, finish: () => sent.end() };
}
