import { isDeepStrictEqual } from 'node:util';
import {
  type KubernetesObject,
  type OwnerReference,
  type Resource,
  apiVersionOf,
  isNotFound,
  type KubeClient,
  type WriteOptions,
} from '@ebb/api';

/**
 * True if two JSON values mean the same to Kubernetes: the order of keys does not count, and a key that is absent, `null`
 * or undefined equals one that holds nothing (an empty object or list).
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutNothing(a), withoutNothing(b));
}

/**
 * Writes `status` if it differs from the one `object` has; returns the object as it stands then. One that is gone by now has
 * no use for a status: it is returned as it was.
 */
export async function updateStatusIfChanged<T extends KubernetesObject & { status?: unknown }>(
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  status: NonNullable<T['status']>,
  options?: WriteOptions,
): Promise<T> {
  if (deepEqual(object.status, status)) return object;
  try {
    return await client.updateStatus(resource, { ...object, status }, options);
  } catch (error) {
    if (isNotFound(error)) return object;
    throw error;
  }
}

/** The reference by which a child names its controller: it goes when the controller goes. */
export function ownerReferenceOf<T extends KubernetesObject>(owner: T, resource: Resource<T>): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!name || !uid) throw new Error(`an owner needs a name and a uid; this ${resource.kind} has not been stored yet`);
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner that controls `object`, if any. */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => withoutNothing(item) ?? null);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const kept = Object.entries(value)
    .map(([key, item]) => [key, withoutNothing(item)] as const)
    .filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
