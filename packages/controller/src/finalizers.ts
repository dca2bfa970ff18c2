import { type KubernetesObject, type Resource, isNotFound } from '@ebb/api';
import { deepEqual } from '@ebb/kube';
import type { Work } from './context.ts';

/** Makes sure that the object is not gone before its controller has cleaned up behind it. Returns it as stored. */
export async function addFinalizer<T extends KubernetesObject>(
  work: Work,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  const present = object.metadata.finalizers ?? [];
  return present.includes(finalizer) ? object : writeFinalizers(work, resource, object, [...present, finalizer]);
}

/** Lets the object go. */
export async function removeFinalizer<T extends KubernetesObject>(
  work: Work,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  const present = object.metadata.finalizers ?? [];
  const left = present.filter((name) => name !== finalizer);
  if (deepEqual(left, present)) return;
  try {
    await writeFinalizers(work, resource, object, left);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function writeFinalizers<T extends KubernetesObject>(
  { client, events, signal }: Work,
  resource: Resource<T>,
  object: T,
  finalizers: readonly string[],
): Promise<T> {
  const { namespace, name = '', resourceVersion } = object.metadata;
  // The version keeps this from undoing what another writer did to the list.
  const body = { metadata: { resourceVersion, finalizers } };
  const written = await client.patch(resource, { namespace, name }, { type: 'merge', body }, { signal });
  events.event(object, 'Normal', 'FinalizerUpdate', `Updated "${name}" finalizers`);
  return written;
}
