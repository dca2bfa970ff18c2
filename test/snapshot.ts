import { type KubernetesObject, type Resource, keys, resources } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import { namespace } from './api.ts';

/** The kinds of Knative that controllers have to do with. */
export const knativeKinds: readonly Resource<KubernetesObject>[] = [
  resources.services,
  resources.configurations,
  resources.revisions,
  resources.routes,
  resources.domainMappings,
  resources.podAutoscalers,
  resources.ingresses,
];

/** All that controllers make or write, less what differs from run to run: ids, versions, times, how often something was written. */
export async function snapshot(client: KubeClient): Promise<Record<string, unknown>> {
  const lists = await Promise.all(
    [...knativeKinds, resources.coreServices].map(async (resource) => {
      const { items } = await client.list(resource, { namespace });
      return items.map((object) => [`${resource.kind} ${object.metadata.name}`, comparable(object)] as const);
    }),
  );
  return Object.fromEntries(lists.flat());
}

const passing = new Set([
  'uid',
  'resourceVersion',
  'managedFields',
  'creationTimestamp',
  'lastTransitionTime',
  'clusterIP',
  'clusterIPs',
  keys.routingStateModified,
  keys.serviceUID,
  keys.configurationUID,
  keys.revisionUID,
  'serving.knative.dev/domainMappingUID',
]);
/** Of objects that are written more often in one run than in another, to the same end. */
const generations = new Set(['generation', 'observedGeneration']);

function comparable(object: KubernetesObject): unknown {
  const isInternal = object.apiVersion?.includes('internal') ?? false;
  const text = JSON.stringify(object, (key, value: unknown) =>
    passing.has(key) || (isInternal && generations.has(key)) ? undefined : value,
  );
  return JSON.parse(text) as unknown;
}
