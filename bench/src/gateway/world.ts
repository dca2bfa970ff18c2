import { type Ingress, ingressClass, keys, resources, revisionSplit, servingCrds } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { type Backend, backendAddresses, grpcHost, host, manyHosts } from './servers.ts';

const namespace = 'default';
const revisions = ['shop-00001', 'shop-00002'] as const;
const grpcRevisions = ['grpc-00001', 'grpc-00002'] as const;

/** Requests an instance may have at once: with all instances busy, the rest waits in line. */
const containerConcurrency = 100;

/** What Ebb's gateway is to serve. */
export interface World extends AsyncDisposable {
  readonly kubeconfig: string;
  /** Adds ten thousand hosts, which no instance has to itself. */
  addManyHosts(): Promise<void>;
}

/** An API that holds two revisions that share the traffic, four instances each; and two for gRPC. */
export async function createWorld(backend: Backend): Promise<World> {
  const api = await createTestApi({ crds: servingCrds() });
  const client = createKubeClient({ kubeconfig: api.kubeconfig, timeoutMs: 120_000 });
  await createInstances(client, { names: revisions, port: backend.port });
  await createInstances(client, { names: grpcRevisions, port: backend.grpcPort, portName: 'h2c' });
  await client.create(resources.ingresses, makeIngress('shop', [host], revisions));
  await client.create(resources.ingresses, makeIngress('grpc', [grpcHost], grpcRevisions));
  return {
    kubeconfig: api.kubeconfig,
    addManyHosts: async () => {
      for (let from = 0; from < manyHosts.length; from += 1000) {
        const hosts = manyHosts.slice(from, from + 1000);
        await client.create(resources.ingresses, makeIngress(`shops-${from}`, hosts, revisions));
      }
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

interface Instances {
  /** Of the revisions that have a share of them each. */
  readonly names: readonly string[];
  readonly port: number;
  /** `h2c` for those that speak HTTP/2. */
  readonly portName?: string;
}

/** Creates revisions, and a Pod for each address of the backend. */
async function createInstances(client: KubeClient, { names, port, portName }: Instances): Promise<void> {
  const ports = [{ containerPort: 8080, ...(portName === undefined ? {} : { name: portName }) }];
  const containers = [{ name: 'user-container', image: 'dev.local/shop', ports }];
  const spec = { containers, containerConcurrency, timeoutSeconds: 300 };
  for (const name of names) await client.create(resources.revisions, { metadata: { name, namespace }, spec });
  for (const [i, podIP] of backendAddresses.entries()) {
    const revision = names[i % names.length] ?? '';
    const pod = await client.create(resources.pods, {
      metadata: {
        name: `${revision}-${i}`,
        namespace,
        labels: { [keys.revision]: revision },
        annotations: { [keys.userPort]: String(port) },
      },
      spec: { containers },
    });
    const conditions = [{ type: 'Ready', status: 'True' } as const];
    await client.updateStatus(resources.pods, { ...pod, status: { phase: 'Running', podIP, conditions } });
  }
}

/** One host a rule, as the controller writes it. */
function makeIngress(name: string, hosts: readonly string[], targets: readonly string[]): Ingress {
  const splits = targets.map((name) => revisionSplit({ namespace, name }, 50));
  return {
    metadata: { name, namespace, annotations: { [keys.ingressClass]: ingressClass } },
    spec: { rules: hosts.map((each) => ({ hosts: [each], visibility: 'ExternalIP', http: { paths: [{ splits }] } })) },
  };
}
