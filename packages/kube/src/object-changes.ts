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
  if (Object.is(a, b)) return true;
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  for (const key of Object.keys(a)) if (!deepEqual(a[key], Object.hasOwn(b, key) ? b[key] : undefined)) return false;
  for (const key of Object.keys(b)) if (!Object.hasOwn(a, key) && !isNothing(b[key])) return false;
  return true;
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

/** Absent, or holding nothing; a list of empty items is as long as it is. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every(isNothing);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
