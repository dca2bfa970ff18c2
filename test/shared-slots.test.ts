import { resources, statsSecret, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type Gateway, createGateway } from '@ebb/gateway-slb';
import { createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { openTestApi } from './api.ts';
import { Clients, Instance, countedIsReady, createCounted } from './counted.ts';
import { openProcesses } from './processes.ts';

const token = 'known to gateways alone';
const seconds = 2;
const timing = { leaseDurationSeconds: seconds, renewDeadlineSeconds: 1.5, retryPeriodSeconds: 0.3 };
const config = { 'lease-duration': '4s', 'renew-deadline': '3s', 'retry-period': '1s' };

it.each([
  [1, 2],
  [10, 2],
])(
  'with a limit of %i and %i instances none ever has more at a time, while gateways come, go and are killed',
  { timeout: 240_000 },
  async (limit, count) => {
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    await client.create(resources.configMaps, {
      metadata: { namespace: systemNamespace, name: 'config-leader-election' },
      data: config,
    });
    await client.create(resources.secrets, {
      metadata: { namespace: systemNamespace, name: statsSecret },
      stringData: { token },
    });
    await createCounted(client, limit);
    const instances = Array.from({ length: count }, () => new Instance());
    await using _closing = {
      [Symbol.asyncDispose]: async () => void (await Promise.all(instances.map((each) => each[Symbol.asyncDispose]()))),
    };
    for (const [i, instance] of instances.entries()) await instance.open(client, `counted-${i}`);
    const open = async (gateway: string): Promise<Gateway> => {
      const listener = { host: '127.0.0.1', port: 0 };
      const peers = { advertise: '127.0.0.1', leaseDurationSeconds: seconds, timing, token: () => token };
      const common = { client, clock: systemClock, logger: silentLogger, random: Math.random, sendStats: () => {} };
      const opened = await createGateway({
        ...common,
        name: gateway,
        peers,
        listeners: { public: listener, private: listener },
      });
      await opened.ready;
      return opened;
    };

    await using a = await open('a');
    await countedIsReady(client);
    await using ofA = new Clients(a.publicAddress.port, 15);
    await eventually(() => ofA.answered > 20, { what: 'one gateway serves alone' });

    await using b = await open('b');
    await using ofB = new Clients(b.publicAddress.port, 15);
    await eventually(() => ofB.answered > 20, { what: 'a second one serves' });

    await using processes = await openProcesses(api.kubeconfig);
    const c = await processes.start('c', '--components=gateway');
    await using ofC = new Clients(c.port, 15);
    await eventually(() => ofC.answered > 20, { what: 'a third one serves' });

    c.child.kill('SIGKILL');
    await c.exited;
    await ofC.stop();
    const until = systemClock.now() + 6000; // its Lease has run out

    const before = ofA.answered;
    await eventually(() => systemClock.now() > until && ofA.answered > before + 20, { what: 'those left go on' });

    await ofB.stop();
    await b.close({ graceMs: 5000 });
    const alone = ofA.answered;
    await eventually(() => ofA.answered > alone + 50, { what: 'the last one goes on' });
    // All slots are its own again: with more clients than slots each instance has as many as it may.
    const slots = Math.min(limit, Math.floor(15 / count));
    await eventually(() => instances.every(({ present }) => present >= slots), { what: 'all slots are used' });
    await ofA.stop();

    expect(ofA.failures).toEqual([]);
    expect(ofB.failures).toEqual([]);
    expect(Math.max(...instances.map(({ most }) => most))).toBeLessThanOrEqual(limit);
  },
);
