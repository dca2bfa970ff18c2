import { type KubernetesObject, type Resource, isAlreadyExists } from '@ebb/api';
import { type Informer, controllerOf, deepEqual } from '@ebb/kube';
import type { Work } from './context.ts';

/** An object of the child's name is there, but its parent does not control it: it is never adopted. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError';
  readonly kind: string;
  readonly childName: string;

  constructor(kind: string, childName: string) {
    super(`${kind} "${childName}" exists and is controlled by something else`);
    this.kind = kind;
    this.childName = childName;
  }
}

/** A kind of child: what it is, where its present state is read. */
export interface ChildKind<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly informer: Informer<T>;
  /** No event tells of its creation, as with what users have no business with. Default false. */
  readonly quiet?: boolean;
}

export interface ChildOptions<T extends KubernetesObject> {
  readonly parent: KubernetesObject;
  /** Makes the child from the one there is. */
  readonly make: (live: T | undefined) => T;
  /** Makes the live child right. Default: replaces labels, annotations and spec. */
  readonly fix?: (live: T, desired: T) => T;
}

/**
 * Creates the child or makes it right; writes nothing if it is right already. Returns it as stored. Throws `NotOwnedError`
 * if its name is taken by an object the parent does not control, and another error while it is taken by one that goes with a
 * former parent of the same name.
 */
export async function reconcileChild<T extends KubernetesObject>(
  work: Work,
  kind: ChildKind<T>,
  { parent, make, fix = replaceAll }: ChildOptions<T>,
): Promise<T> {
  const live = await findOrCreate(work, kind, parent, make);
  const desired = make(live);
  if (controllerOf(live)?.uid !== parent.metadata.uid) throw whyNotOwned(kind.resource.kind, live, desired);
  const right = fix(live, desired);
  if (deepEqual(right, live)) return live;
  return work.client.update(kind.resource, right, { signal: work.signal });
}

/** What a former parent has made is on its way out: the next of that name has only to wait for that. */
function whyNotOwned(kind: string, live: KubernetesObject, desired: KubernetesObject): Error {
  const name = live.metadata.name ?? '';
  const [present, wanted] = [controllerOf(live), controllerOf(desired)];
  const isFormer = present && wanted && present.kind === wanted.kind && present.name === wanted.name;
  if (!isFormer) return new NotOwnedError(kind, name);
  return new Error(`${kind} "${name}" of a former ${wanted.kind} "${wanted.name}" is still there`);
}

async function findOrCreate<T extends KubernetesObject>(
  work: Work,
  kind: ChildKind<T>,
  parent: KubernetesObject,
  make: (live: T | undefined) => T,
): Promise<T> {
  const { client, signal } = work;
  const desired = make(undefined);
  const { namespace, name = '' } = desired.metadata;
  const known = kind.informer.get(namespace, name);
  if (known) return known;
  try {
    return await create(work, kind, parent, desired);
  } catch (error) {
    // Made by an earlier reconcile, or by another hand, and not seen by the informer yet.
    if (isAlreadyExists(error)) return client.get(kind.resource, { namespace, name }, { signal });
    throw error;
  }
}

async function create<T extends KubernetesObject>(
  { client, events, signal }: Work,
  { resource, quiet = false }: ChildKind<T>,
  parent: KubernetesObject,
  desired: T,
): Promise<T> {
  const what = `${resource.kind} "${desired.metadata.name}"`;
  try {
    const created = await client.create(resource, desired, { signal });
    if (!quiet) events.event(parent, 'Normal', 'Created', `Created ${what}`);
    return created;
  } catch (error) {
    if (!isAlreadyExists(error) && !signal.aborted) {
      events.event(parent, 'Warning', 'CreationFailed', `Failed to create ${what}: ${String(error)}`);
    }
    throw error;
  }
}

function replaceAll<T extends KubernetesObject & { spec?: unknown }>(live: T, desired: T): T {
  const { labels, annotations } = desired.metadata;
  return {
    ...live,
    metadata: { ...live.metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec: desired.spec,
  };
}
