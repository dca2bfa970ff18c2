import { type KubernetesObject, type Resource, isNotFound, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import type { KubeClient } from '@ebb/kube';
import type { ClusterFacts } from './facts.ts';

/** Made by the cluster itself in every namespace. */
const furniture: ReadonlySet<string> = new Set([
  'ConfigMap kube-root-ca.crt',
  'ServiceAccount default',
  'Service kubernetes',
  'EndpointSlice kubernetes',
  'Endpoints kubernetes',
]);
const standing: ReadonlySet<string> = new Set([
  'default',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  systemNamespace,
]);

const namespaced = Object.values(resources as unknown as Record<string, Resource<KubernetesObject>>).filter(
  (resource) => resource.namespaced,
);

/** From so many on objects are deleted by the collection, if the cluster itself has none of the kind: events, above all. */
const many = 30;
const isDisposable = ({ group, plural }: Resource<KubernetesObject>): boolean =>
  group.endsWith('knative.dev') || plural === 'events';

/**
 * Takes away what a story left in `namespace`, in Ebb's own one, and at the level of the cluster: nodes, claims, webhooks
 * and other namespaces. For clusters where nobody else does such things. Resolves when all is gone.
 */
export async function wipe(client: KubeClient, { namespace, ours }: ClusterFacts): Promise<void> {
  // First: their server may be gone, and nothing can be written while the API server asks it.
  await removeWebhooks(client);
  const labels = { 'webhooks.knative.dev/exclude': null };
  await client.patch(
    resources.namespaces,
    { name: systemNamespace },
    { type: 'merge', body: { metadata: { labels } } },
  );
  for (const each of [namespace, systemNamespace]) {
    await Promise.all(namespaced.map((resource) => empty(client, resource, each)));
  }
  await empty(client, resources.leases, 'kube-node-lease');
  await empty(client, resources.nodes, undefined, ({ metadata }) => metadata.labels?.['type'] === 'virtual-kubelet');
  await empty(client, resources.clusterDomainClaims, undefined);
  const isStray = ({ metadata: { name = '' } }: KubernetesObject): boolean =>
    name.startsWith(`${namespace}-`) || (ours && !standing.has(name));
  await empty(client, resources.namespaces, undefined, isStray);
}

/** Takes away Ebb's webhook configurations. */
export async function removeWebhooks(client: KubeClient): Promise<void> {
  await empty(client, resources.mutatingWebhookConfigurations, undefined, isOurs);
  await empty(client, resources.validatingWebhookConfigurations, undefined, isOurs);
}

function isOurs({ metadata }: KubernetesObject): boolean {
  return metadata.name?.includes('knative.dev') || metadata.name?.includes('ebb') || false;
}

/** Deletes all at once; a collection is addressed as an object is that has the plural for its name. */
async function deleteCollection(
  client: KubeClient,
  resource: Resource<KubernetesObject>,
  namespace: string,
): Promise<void> {
  const inNamespace = { ...resource, plural: `namespaces/${namespace}`, namespaced: false };
  await client.delete(inNamespace, { name: resource.plural }, { propagationPolicy: 'Background' });
}

/** Deletes the objects of one kind, without their grace, until none is left. */
async function empty(
  client: KubeClient,
  resource: Resource<KubernetesObject>,
  namespace: string | undefined,
  concerns: (object: KubernetesObject) => boolean = () => true,
): Promise<void> {
  const round = async (): Promise<boolean> => {
    const { items } = await client.list(resource, { namespace });
    const left = items.filter((item) => !furniture.has(`${item.kind} ${item.metadata.name}`) && concerns(item));
    const atOnce = left.length > many && isDisposable(resource) && left.every(({ metadata }) => !metadata.finalizers);
    if (atOnce && namespace !== undefined) await deleteCollection(client, resource, namespace);
    else await Promise.all(left.map((object) => deleteNow(client, resource, object)));
    // Who wrote it, where there is no end of it.
    if (left.length > 0) throw new Error(`${left.length} left: ${JSON.stringify(left.at(-1))}`);
    return true;
  };
  await eventually(round, { what: `no ${resource.plural} left of the story before`, timeoutMs: 60_000 });
}

async function deleteNow(
  client: KubeClient,
  resource: Resource<KubernetesObject>,
  { metadata: { namespace, name = '', finalizers } }: KubernetesObject,
): Promise<void> {
  const key = { namespace, name };
  try {
    // Whoever would have done what is to be done before the end is gone with its story.
    if (finalizers) await client.patch(resource, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    await client.delete(resource, key, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
