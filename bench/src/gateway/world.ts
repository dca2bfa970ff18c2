import {
  type Ingress,
  type Pod,
  type Revision,
  ingressClass,
  keys,
  resources,
  revisionSplit,
  servingCrds,
} from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { createKubeClient } from '@ebb/kube';
import { backendAddresses, host, manyHosts } from './servers.ts';

const namespace = 'default';
const revisions = ['shop-00001', 'shop-00002'] as const;

/** Requests an instance may have at once: with all instances busy, the rest waits in line. */
const containerConcurrency = 100;

/** An API that holds what Ebb's gateway is to serve: two revisions that share the traffic, four instances each. */
export async function createWorld(backendPort: number): Promise<AsyncDisposable & { readonly kubeconfig: string }> {
  const api = await createTestApi({ crds: servingCrds() });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig, timeoutMs: 120_000 });
  for (const name of revisions) await client.create(resources.revisions, makeRevision(name));
  for (const [i, address] of backendAddresses.entries()) {
    const pod = makePod(`pod-${i}`, revisions[i % revisions.length] ?? '', backendPort);
    const { metadata } = await client.create(resources.pods, pod);
    const conditions = [{ type: 'Ready', status: 'True' } as const];
    const status = { phase: 'Running', podIP: address, conditions } as const;
    await client.updateStatus(resources.pods, { ...pod, metadata, status });
  }
  await client.create(resources.ingresses, makeIngress('shop', [host]));
  for (let from = 0; from < manyHosts.length; from += 1000) {
    await client.create(resources.ingresses, makeIngress(`shops-${from}`, manyHosts.slice(from, from + 1000)));
  }
  return { kubeconfig: api.kubeconfig, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

function makeRevision(name: string): Revision {
  const containers = [{ name: 'user-container', image: 'dev.local/shop', ports: [{ containerPort: 8080 }] }];
  return { metadata: { name, namespace }, spec: { containers, containerConcurrency, timeoutSeconds: 300 } };
}

function makePod(name: string, revision: string, port: number): Pod {
  return {
    metadata: {
      name,
      namespace,
      labels: { [keys.revision]: revision },
      annotations: { [keys.userPort]: String(port) },
    },
    spec: { containers: [{ name: 'user-container', image: 'dev.local/shop', ports: [{ containerPort: 8080 }] }] },
  };
}

/** One host a rule, as the controller writes it. */
function makeIngress(name: string, hosts: readonly string[]): Ingress {
  const splits = revisions.map((name) => revisionSplit({ namespace, name }, 50));
  return {
    metadata: { name, namespace, annotations: { [keys.ingressClass]: ingressClass } },
    spec: { rules: hosts.map((each) => ({ hosts: [each], visibility: 'ExternalIP', http: { paths: [{ splits }] } })) },
  };
}
