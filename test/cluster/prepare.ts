import {
  type Condition,
  type CustomResourceDefinition,
  isAlreadyExists,
  isNotFound,
  resources,
  servingCrds,
  systemNamespace,
} from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, conditionOf, createKubeClient } from '@ebb/kube';
import type { ClusterFacts } from './facts.ts';

/** Puts on a cluster what every story expects: Ebb's kinds and its namespace. Resolves when all controllers know of them. */
export async function prepare({ kubeconfig, namespace }: ClusterFacts): Promise<void> {
  await using client = createKubeClient({ kubeconfig });
  await installKinds(client);
  await client.create(resources.namespaces, { metadata: { name: systemNamespace } }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await collected(client, namespace);
}

/** Makes Ebb's kinds known to an API server. Resolves when it serves them. */
export async function installKinds(client: KubeClient): Promise<void> {
  const crds = servingCrds();
  await Promise.all(
    crds.map((crd) =>
      client.patch(
        resources.customResourceDefinitions,
        { name: crd.metadata.name ?? '' },
        { type: 'apply', body: crd, force: true },
      ),
    ),
  );
  await eventually(
    async () => {
      const { items } = await client.list(resources.customResourceDefinitions);
      const served = new Set(items.filter(isEstablished).map(({ metadata }) => metadata.name));
      return crds.every(({ metadata }) => served.has(metadata.name));
    },
    { what: "Ebb's kinds to be served", timeoutMs: 30_000 },
  );
}

/** Waits until the garbage collector takes away objects of Ebb's kinds: it looks for new kinds every 30 seconds only. */
async function collected(client: KubeClient, namespace: string): Promise<void> {
  const key = { namespace, name: 'has-no-owner' };
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never-was', uid: 'never-was' }];
  await client.create(resources.ingresses, { metadata: { ...key, ownerReferences }, spec: {} });
  await eventually(async () => client.get(resources.ingresses, key).then(() => false, isNotFound), {
    what: "the garbage collector to know Ebb's kinds",
    timeoutMs: 90_000,
  });
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: Condition[] };
  return conditionOf({ conditions }, 'Established')?.status === 'True';
}
