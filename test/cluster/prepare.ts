import {
  type Condition,
  type CustomResourceDefinition,
  isAlreadyExists,
  resources,
  servingCrds,
  systemNamespace,
} from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { conditionOf, createKubeClient } from '@ebb/kube';
import type { ClusterFacts } from './facts.ts';

/** Puts on a cluster what every story expects: Ebb's kinds and its namespace. */
export async function prepare({ kubeconfig }: ClusterFacts): Promise<void> {
  await using client = createKubeClient({ kubeconfig });
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
  await client.create(resources.namespaces, { metadata: { name: systemNamespace } }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  await eventually(
    async () => {
      const { items } = await client.list(resources.customResourceDefinitions);
      const served = new Set(items.filter(isEstablished).map(({ metadata }) => metadata.name));
      return crds.every(({ metadata }) => served.has(metadata.name));
    },
    { what: "Ebb's kinds to be served", timeoutMs: 30_000 },
  );
}

function isEstablished({ status }: CustomResourceDefinition): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: Condition[] };
  return conditionOf({ conditions }, 'Established')?.status === 'True';
}
