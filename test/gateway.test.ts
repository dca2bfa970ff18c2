import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  type Ingress,
  type Pod,
  type Revision,
  type StatReport,
  ingressClass,
  keys,
  resources,
  revisionSplit,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createGateway } from '@ebb/gateway-slb';
import { conditionOf, createKubeClient } from '@ebb/kube';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';

const host = `hello.${namespace}.localhost`;

const ingress: Ingress = {
  apiVersion: 'networking.internal.knative.dev/v1alpha1',
  kind: 'Ingress',
  metadata: { namespace, name: 'hello', annotations: { [keys.ingressClass]: ingressClass } },
  spec: {
    httpOption: 'Enabled',
    rules: [
      {
        hosts: [host],
        visibility: 'ExternalIP',
        http: {
          paths: [
            {
              splits: [
                revisionSplit({ namespace, name: 'hello-00001' }, 80),
                revisionSplit({ namespace, name: 'hello-00002' }, 20),
              ],
            },
          ],
        },
      },
    ],
  },
};

const revision = (name: string): Revision => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Revision',
  metadata: { namespace, name },
  spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }], timeoutSeconds: 20 },
});

const pod = (name: string, port: number): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace,
    name: `${name}-deployment-abcde`,
    labels: { [keys.revision]: name },
    annotations: { [keys.userPort]: String(port) },
  },
  spec: { containers: [{ name: 'user-container', image: 'dev.local/hello', ports: [{ containerPort: 8080 }] }] },
});

describe('the gateway on an API server', () => {
  it('makes an Ingress ready, wakes its revisions, and splits between them', async () => {
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    const reports: StatReport[] = [];
    await using gateway = await createGateway({
      client,
      clock: systemClock,
      logger: silentLogger,
      random: Math.random,
      name: 'gateway-1',
      listeners: { public: { host: '127.0.0.1', port: 0 } },
      sendStats: (report) => void reports.push(report),
    });
    for (const name of ['hello-00001', 'hello-00002']) await client.create(resources.revisions, revision(name));
    await client.create(resources.ingresses, ingress);
    await eventually(async () => {
      const served = await client.get(resources.ingresses, { namespace, name: 'hello' });
      return conditionOf(served.status, 'Ready')?.status === 'True';
    });

    const ask = async (): Promise<string> => {
      const { body } = await request(`http://127.0.0.1:${gateway.publicAddress.port}/`, { headers: { host } });
      return body.text();
    };
    const waiting = Array.from({ length: 10 }, ask);
    await eventually(() =>
      reports.some(({ revisions }) => revisions.some(({ averageConcurrency }) => averageConcurrency === 1)),
    );

    const servers = ['hello-00001', 'hello-00002'].map((name) => ({
      name,
      server: createServer((_, response) => response.end(name)),
    }));
    for (const { name, server } of servers) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const created = await client.create(resources.pods, pod(name, (server.address() as AddressInfo).port));
      await client.updateStatus(resources.pods, { ...created, status: { phase: 'Running', podIP: '127.0.0.1' } });
    }
    const answers = [...(await Promise.all(waiting)), ...(await Promise.all(Array.from({ length: 990 }, ask)))];
    const second = answers.filter((answer) => answer === 'hello-00002').length;
    expect(Math.abs(second - 200)).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => answer === 'hello-00001').length + second).toBe(1000);
    for (const { server } of servers) server.close();
  });
});
