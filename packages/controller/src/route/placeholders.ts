import { type Route, isNotFound, resources } from '@ebb/api';
import { reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import type { AddressedGroup } from './resources/ingress.ts';
import { fixPlaceholder, makePlaceholder } from './resources/placeholder.ts';

/** Sees to one placeholder Service for each group (serving-api.md, section 19.4). Throws `NotOwnedError` if a name is taken. */
export async function reconcilePlaceholders(
  work: Work,
  route: Route,
  groups: readonly AddressedGroup[],
): Promise<void> {
  const kind = { resource: resources.coreServices, informer: work.informers.placeholders };
  for (const { address } of groups) {
    await reconcileChild(work, kind, {
      parent: route,
      make: () => makePlaceholder(route, address),
      fix: fixPlaceholder,
    });
  }
}

/** Deletes the placeholder Services of tags that are gone. */
export async function deleteStalePlaceholders(
  { client, informers, signal }: Work,
  route: Route,
  groups: readonly AddressedGroup[],
): Promise<void> {
  const wanted = new Set(groups.map(({ address }) => address.serviceName));
  for (const { metadata } of informers.placeholders.byIndex('controller', route.metadata.uid ?? '')) {
    const { namespace, name = '', uid = '' } = metadata;
    if (wanted.has(name) || metadata.deletionTimestamp) continue;
    try {
      await client.delete(resources.coreServices, { namespace, name }, { preconditions: { uid }, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
