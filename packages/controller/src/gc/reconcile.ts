import { isNotFound, resources } from '@ebb/api';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { selectGarbage } from './select.ts';

/** Deletes the Revisions of one Configuration that may go by now. */
export async function collectGarbage(
  { client, informers, config, clock, signal }: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const configuration = informers.configurations.get(namespace, name);
  if (!configuration || isDeleting(configuration)) return;
  const revisions = informers.revisions.byIndex('controller', configuration.metadata.uid ?? '');
  for (const { metadata } of selectGarbage(configuration, revisions, config.current.gc, clock.now())) {
    const { uid = '', resourceVersion = '' } = metadata;
    // The version guards against a Revision that has just become active again.
    const preconditions = { uid, resourceVersion };
    try {
      await client.delete(resources.revisions, { namespace, name: metadata.name ?? '' }, { preconditions, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
