import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Ingress,
  type Pod,
  type Revision,
  ingressClass,
  keys,
  resources,
  statsSecret,
  systemNamespace,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type Gateway, createGateway } from '@ebb/gateway-slb';
import { type RemoteKubeClient, conditionOf, createKubeClient } from '@ebb/kube';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';
import { openProcesses } from './processes.ts';

const name = 'counted-00001';
const host = `counted.${namespace}.localhost`;
const token = 'known to gateways alone';
const seconds = 2;
const timing = { leaseDurationSeconds: seconds, renewDeadlineSeconds: 1.5, retryPeriodSeconds: 0.3 };
const config = { 'lease-duration': `${seconds}s`, 'renew-deadline': '1.5s', 'retry-period': '300ms' };

const ingress: Ingress = {
  metadata: { namespace, name: 'counted', annotations: { [keys.ingressClass]: ingressClass } },
  spec: {
    rules: [
      {
        hosts: [host],
        visibility: 'ExternalIP',
        http: {
          paths: [{ splits: [{ serviceNamespace: namespace, serviceName: name, servicePort: 80, percent: 100 }] }],
        },
      },
    ],
  },
};

const revisionOf = (containerConcurrency: number): Revision => ({
  metadata: { namespace, name },
  spec: { containerConcurrency, timeoutSeconds: 30, containers: [{ name: 'app', image: 'registry.example/app' }] },
});

/** An instance that counts the requests it has at a time. */
class Instance implements AsyncDisposable {
  present = 0;
  most = 0;
  #total = 0;
  readonly #server = createServer((_, response) => {
    this.present++;
    this.#total++;
    this.most = Math.max(this.most, this.present);
    response.once('close', () => this.present--);
    setTimeout(() => response.end('done'), 5 + (this.#total % 7) * 3);
  });

  async open(client: RemoteKubeClient, pod: string): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const object: Pod = {
      metadata: {
        namespace,
        name: pod,
        labels: { [keys.revision]: name },
        annotations: { [keys.userPort]: String(port) },
      },
      spec: { containers: [{ name: 'app', image: 'registry.example/app' }] },
    };
    const created = await client.create(resources.pods, object);
    const ready = { type: 'Ready', status: 'True' } as const;
    await client.updateStatus(resources.pods, {
      ...created,
      status: { phase: 'Running', podIP: '127.0.0.1', conditions: [ready] },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Clients that ask one gateway again and again. */
class Clients implements AsyncDisposable {
  answered = 0;
  readonly failures: string[] = [];
  readonly #agent = new Agent();
  readonly #running: Promise<void>[];
  #isOver = false;

  constructor(port: number, count: number) {
    this.#running = Array.from({ length: count }, () => this.#ask(port));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#agent.destroy();
  }

  async #ask(port: number): Promise<void> {
    while (!this.#isOver) {
      try {
        const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, {
          headers: { host },
          dispatcher: this.#agent,
        });
        const text = await body.text();
        if (statusCode === 200) this.answered++;
        else this.failures.push(`${statusCode} ${text}`);
      } catch (error) {
        this.failures.push(String(error));
        if (this.failures.length > 50) return;
      }
    }
  }
}

it.each([
  [1, 2],
  [10, 2],
])(
  'with a limit of %i and %i instances none ever has more at a time, while gateways come, go and are killed',
  { timeout: 120_000 },
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
    await client.create(resources.revisions, revisionOf(limit));
    await client.create(resources.ingresses, ingress);
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
    await eventually(async () => {
      const { status } = await client.get(resources.ingresses, { namespace, name: 'counted' });
      return conditionOf(status, 'Ready')?.status === 'True';
    });
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
    const until = systemClock.now() + seconds * 1500;
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
