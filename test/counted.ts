import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Ingress, type Pod, type Revision, ingressClass, keys, resources, revisionSplit } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type RemoteKubeClient, conditionOf } from '@ebb/kube';
import { Agent, request } from 'undici';
import { namespace } from './api.ts';

const name = 'counted-00001';
/** Whom to ask for. */
export const countedHost: string = `counted.${namespace}.localhost`;

const ingress: Ingress = {
  metadata: { namespace, name: 'counted', annotations: { [keys.ingressClass]: ingressClass } },
  spec: {
    rules: [
      {
        hosts: [countedHost],
        visibility: 'ExternalIP',
        http: {
          paths: [{ splits: [revisionSplit({ namespace, name }, 100)] }],
        },
      },
    ],
  },
};

/** Makes a revision `counted-00001`, with these annotations, and the Ingress to it. */
export async function createCounted(
  client: RemoteKubeClient,
  containerConcurrency: number,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const containers = [{ name: 'app', image: 'registry.example/app' }];
  await client.create(resources.revisions, {
    metadata: { namespace, name, annotations: { ...annotations } },
    spec: { containerConcurrency, timeoutSeconds: 30, containers },
  } satisfies Revision);
  await client.create(resources.ingresses, ingress);
}

/** Resolves once the gateways serve it. */
export async function countedIsReady(client: RemoteKubeClient): Promise<void> {
  await eventually(async () => {
    const { status } = await client.get(resources.ingresses, { namespace, name: 'counted' });
    return conditionOf(status, 'Ready')?.status === 'True';
  });
}

/** An instance that counts the requests it has at a time. */
export class Instance implements AsyncDisposable {
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
export class Clients implements AsyncDisposable {
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
          headers: { host: countedHost },
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
