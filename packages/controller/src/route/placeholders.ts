import { type Ingress, type KubernetesObject, type Resource, type Route, isNotFound, resources } from '@ebb/api';
import type { Informer } from '@ebb/kube';
import { reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import type { AddressedGroup } from './resources/ingress.ts';
import {
  type LoadBalancer,
  fixEndpoints,
  fixPlaceholder,
  makeEndpoints,
  makePlaceholder,
} from './resources/placeholder.ts';

/**
 * Sees to one placeholder Service for each group, leading to where `ingress` is served (serving-api.md, section 19.4).
 * Throws `NotOwnedError` if a name is taken.
 */
export async function reconcilePlaceholders(
  work: Work,
  route: Route,
  { groups, ingress }: { readonly groups: readonly AddressedGroup[]; readonly ingress: Ingress | undefined },
): Promise<void> {
  const { placeholders, endpoints } = work.informers;
  const balancer = balancerOf(ingress);
  for (const { address } of groups) {
    await reconcileChild(
      work,
      { resource: resources.coreServices, informer: placeholders },
      { parent: route, make: () => makePlaceholder(route, address, balancer), fix: fixPlaceholder },
    );
    const backends = makeEndpoints(route, address, balancer);
    if (!backends) continue;
    await reconcileChild(
      work,
      { resource: resources.endpoints, informer: endpoints },
      { parent: route, make: () => backends, fix: fixEndpoints },
    );
  }
  const headless = balancer?.ip ? groups : [];
  await deleteOthers(work, { resource: resources.endpoints, informer: endpoints }, route, headless);
}

/** Who asks by a placeholder's name is inside the cluster: the private way in, where there is one. */
function balancerOf(ingress: Ingress | undefined): LoadBalancer | undefined {
  const { privateLoadBalancer, publicLoadBalancer } = ingress?.status ?? {};
  return privateLoadBalancer?.ingress?.[0] ?? publicLoadBalancer?.ingress?.[0];
}

/** Deletes the placeholder Services of tags that are gone. */
export function deleteStalePlaceholders(work: Work, route: Route, groups: readonly AddressedGroup[]): Promise<void> {
  return deleteOthers(work, { resource: resources.coreServices, informer: work.informers.placeholders }, route, groups);
}

/** Deletes what the Route controls of that kind but for what has the name of a group. */
async function deleteOthers<T extends KubernetesObject>(
  { client, events, signal }: Work,
  { resource, informer }: { readonly resource: Resource<T>; readonly informer: Informer<T> },
  route: Route,
  groups: readonly AddressedGroup[],
): Promise<void> {
  const wanted = new Set(groups.map(({ address }) => address.serviceName));
  for (const { metadata } of informer.byIndex('controller', route.metadata.uid ?? '')) {
    const { namespace, name = '', uid = '' } = metadata;
    if (wanted.has(name) || metadata.deletionTimestamp) continue;
    try {
      await client.delete(resource, { namespace, name }, { preconditions: { uid }, signal });
      events.event(route, 'Normal', 'Deleted', `Deleted ${resource.kind} "${name}"`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
