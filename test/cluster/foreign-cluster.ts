import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isNotFound, resources, systemNamespace } from '@ebb/api';
import { UserError } from '@ebb/base';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import type { ClusterFacts } from './facts.ts';
import { wipe } from './wipe.ts';

/** A cluster that was there before, lent for the stories. Disposing it takes away all they made. */
export interface ForeignCluster extends AsyncDisposable {
  readonly facts: ClusterFacts;
}

/**
 * Takes the cluster of a kubeconfig file for the stories. Throws `UserError` if something lives there that they would be
 * in the way of: Knative Serving, or virtual nodes.
 */
export async function borrowCluster(path: string): Promise<ForeignCluster> {
  const kubeconfig = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`KUBECONFIG=${path} cannot be read`, { cause });
  });
  const client = createKubeClient({ kubeconfig });
  const namespace = `ebb-stories-${randomBytes(3).toString('hex')}`;
  const facts = { kubeconfig, namespace, ours: false };
  await refuseIfUsed(client);
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  return {
    facts,
    [Symbol.asyncDispose]: async () => {
      await wipe(client, facts);
      await tidy(client, namespace);
      await client[Symbol.asyncDispose]();
    },
  };
}

async function refuseIfUsed(client: KubeClient): Promise<void> {
  const hint = 'the stories need a cluster without';
  const isThere = await client.get(resources.namespaces, { name: systemNamespace }).then(
    () => true,
    (error: unknown) => {
      if (isNotFound(error)) return false;
      throw error;
    },
  );
  if (isThere) throw new UserError(`the cluster has a namespace ${systemNamespace}; ${hint} Knative Serving`);
  const { items } = await client.list(resources.nodes, { labelSelector: 'type=virtual-kubelet' });
  if (items.length > 0) throw new UserError(`the cluster has virtual nodes; ${hint} any`);
}

/** Takes away what `prepare` put there, and the namespace of the stories. */
async function tidy(client: KubeClient, namespace: string): Promise<void> {
  const { items } = await client.list(resources.customResourceDefinitions);
  for (const { metadata } of items) {
    const { name = '' } = metadata;
    if (name.endsWith('.knative.dev')) await client.delete(resources.customResourceDefinitions, { name });
  }
  for (const name of [namespace, systemNamespace]) await client.delete(resources.namespaces, { name });
}
