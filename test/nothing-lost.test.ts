import type { RequestListener } from 'node:http';
import { type Service, keys, resources, systemNamespace } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { conditionOf, createKubeClient, isReady } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { Load, type Outcome } from './load.ts';
import { openProcesses } from './processes.ts';
import { configure, startSimulatedPlatform } from './simulated-platform.ts';

/** `EBB_LOAD=long`: two minutes at 1,000 requests a second; `EBB_LOAD=300x60`: so many a second for at least so many seconds. */
const asked = process.env['EBB_LOAD'] === 'long' ? '1000x120' : (process.env['EBB_LOAD'] ?? '');
const isLong = asked !== '';
const [perSecond = 100, leastSeconds = 0] = isLong ? asked.split('x').map(Number) : [];
const leastMs = leastSeconds * 1000;

const host = `steady.${namespace}.localhost`;

const serviceOf = (version: number): Service => ({
  metadata: { namespace, name: 'steady' },
  spec: {
    template: {
      metadata: {
        annotations: {
          'autoscaling.knative.dev/min-scale': '2',
          'autoscaling.knative.dev/window': '6s',
          'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo',
        },
      },
      spec: {
        containerConcurrency: 10,
        containers: [
          { name: 'app', image: 'registry.example/app', env: [{ name: 'VERSION', value: String(version) }] },
        ],
      },
    },
  },
});

it(
  'no request is lost, whatever comes and goes, but those that an instance had when it was killed',
  { timeout: 600_000 },
  async () => {
    await using api = await openTestApi({ admission: 'all' });
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await configure(client);
    let delayMs = 15;
    const serve = (): RequestListener => (_, response) => void setTimeout(() => response.end('done'), delayMs);
    const replica = { identity: 'here', timing: {}, advertise: '127.0.0.1', stats: { port: 0, strict: true } };
    await using platform = await startSimulatedPlatform(api, { replica, serve });
    await using processes = await openProcesses(api.kubeconfig);
    const gateways = await processes.start('host', '--components=gateway', '--workers', '2');
    const service = (): Promise<Service> => client.get(resources.services, { namespace, name: 'steady' });
    await client.create(resources.services, serviceOf(0));
    await eventually(async () => isReady(await service()), { timeoutMs: 60_000, what: 'the Service is ready' });

    /** When an instance was killed, as closely as is known. */
    const killed: { readonly from: number; readonly until: number }[] = [];
    let version = 0;
    const pods = async (): Promise<readonly string[]> => {
      const labelSelector = `${keys.service}=steady`;
      const { items } = await client.list(resources.pods, { namespace, labelSelector });
      const isUp = (pod: (typeof items)[number]): boolean =>
        !pod.metadata.deletionTimestamp &&
        !(keys.draining in (pod.metadata.annotations ?? {})) &&
        conditionOf(pod.status, 'Ready')?.status === 'True';
      return items.filter(isUp).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    };
    const untilReplaced = async (gone: string, what: string): Promise<void> => {
      const isReplaced = async (): Promise<boolean> => {
        const up = await pods();
        return !up.includes(gone) && up.length >= 2;
      };
      await eventually(isReplaced, { timeoutMs: 60_000, what });
    };
    const deeds: Readonly<Record<string, () => Promise<void>>> = {
      'another revision': async () => {
        await client.patch(
          resources.services,
          { namespace, name: 'steady' },
          { type: 'merge', body: serviceOf(++version) },
        );
        await eventually(
          async () => {
            const { metadata, status } = await service();
            return isReady(await service()) && status?.observedGeneration === metadata.generation;
          },
          { timeoutMs: 60_000, what: 'another revision serves' },
        );
      },
      'more instances, and fewer again': async () => {
        const before = (await pods()).length;
        delayMs = 250;
        let most = before;
        const count = async (): Promise<number> => {
          const now = (await pods()).length;
          most = Math.max(most, now);
          return now;
        };
        await eventually(async () => (await count()) > before, { timeoutMs: 60_000, what: 'more instances' });
        delayMs = 15;
        await eventually(async () => (await count()) < most, { timeoutMs: 120_000, what: 'fewer instances' });
      },
      'a spot instance reclaimed': async () => {
        const [pod = ''] = await pods();
        await platform.panel.befall(pod, 'reclaim', { noticeMs: 20_000, force: true });
        await untilReplaced(pod, 'another instead of the one reclaimed');
      },
      'workers replaced': async () => {
        const leases = async (): Promise<string> => {
          const labelSelector = 'ebb.dev/component=gateway';
          const { items } = await client.list(resources.leases, { namespace: systemNamespace, labelSelector });
          return items
            .map(({ metadata }) => metadata.name ?? '')
            .toSorted()
            .join();
        };
        const before = (await leases()).split(',');
        gateways.child.kill('SIGUSR2');
        await eventually(
          async () => {
            const now = (await leases()).split(',');
            return now.length === 2 && now.every((name) => !before.includes(name));
          },
          // On a machine that is busy otherwise, a worker may take a minute to start.
          { timeoutMs: 300_000, what: 'workers replaced' },
        ).catch(async (cause: unknown) => {
          const { exitCode } = gateways.child;
          const now = await leases();
          throw new Error(`${before.join()} became ${now}; exit code: ${exitCode}; printed: ${gateways.output()}`, {
            cause,
          });
        });
      },
      'an instance killed': async () => {
        const [pod = ''] = await pods();
        const from = systemClock.now();
        await platform.panel.befall(pod, 'delete');
        killed.push({ from, until: systemClock.now() + 1000 });
        await untilReplaced(pod, 'another instead of the one killed');
      },
    };

    const load = new Load();
    const done = new AbortController();
    const began = systemClock.now();
    const since = (at: number): string => ((at - began) / 1000).toFixed(1);
    const loading = load.run({ port: gateways.port, host, perSecond }, done.signal);
    // Were it to go on when something else fails here, it would never end.
    await using _ending = {
      [Symbol.asyncDispose]: async () => {
        done.abort();
        await loading;
      },
    };
    const turns: string[] = [];
    do {
      for (const [name, deed] of Object.entries(deeds)) {
        if (!isLong && name.startsWith('more')) continue;
        const from = systemClock.now();
        await deed();
        turns.push(`${name} from ${since(from)} to ${since(systemClock.now())}`);
      }
    } while (systemClock.now() - began < leastMs);
    done.abort();
    await loading;

    const wasKilled = ({ status, startedAt, endedAt }: Outcome): boolean =>
      status === 502 && killed.some(({ from, until }) => startedAt <= until && endedAt >= from);
    const had = load.others.filter(wasKilled);
    const lost = load.others.filter((outcome) => !wasKilled(outcome));
    process.stdout.write(
      `${load.sent} requests in ${since(systemClock.now())} s; ${load.answered} answered 200; ${had.length} had been sent to an instance that was killed; ${lost.length} lost ${lost
        .slice(0, 9)
        .map(({ status, reason, startedAt, endedAt }) => `${status} ${reason} ${since(startedAt)} to ${since(endedAt)}`)
        .join(
          ', ',
        )}; latency p50 ${load.quantile(0.5).toFixed(1)} ms, p99 ${load.quantile(0.99).toFixed(1)} ms, most ${load.quantile(1).toFixed(0)} ms; ${turns.join(', ')}\n`,
    );
    expect(load.kinds(lost)).toEqual({});
    // What the instances that were killed had at that moment, at most.
    expect(had.length).toBeLessThanOrEqual(killed.length * 10);
    expect(load.answered + had.length).toBe(load.sent);
  },
);
