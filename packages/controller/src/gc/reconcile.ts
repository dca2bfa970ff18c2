import { isNotFound, resources } from '@ebb/api';
import type { ReconcileResult } from '@ebb/kube';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { nextGarbageMs, selectGarbage } from './select.ts';

/** How long to wait at most before looking again: settings may be longer than a timer can be. */
const longestWaitMs = 86_400_000;

/** Deletes the Revisions of one Configuration that may go by now, and comes again when the next may. */
export async function collectGarbage(
  { client, events, informers, config, clock, signal }: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReconcileResult> {
  const configuration = informers.configurations.get(namespace, name);
  if (!configuration || isDeleting(configuration)) return {};
  const revisions = informers.revisions.byIndex('controller', configuration.metadata.uid ?? '');
  const { gc } = config.current;
  const now = clock.now();
  for (const { metadata } of selectGarbage(configuration, revisions, gc, now)) {
    const { uid = '', resourceVersion = '' } = metadata;
    // The version guards against a Revision that has just become active again.
    const preconditions = { uid, resourceVersion };
    try {
      await client.delete(resources.revisions, { namespace, name: metadata.name ?? '' }, { preconditions, signal });
      events.event(configuration, 'Normal', 'Deleted', `Deleted Revision "${metadata.name}", unused for long`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const next = nextGarbageMs(configuration, revisions, gc, now);
  return next === undefined ? {} : { requeueAfterMs: Math.min(next - now, longestWaitMs) };
}
