import type { KubernetesObject } from '@ebb/api';
import { UserError, messageOf } from '@ebb/base';
import { StoredObject } from './stored-object.ts';

/** Where an object lies. `resource` as `resourceKey` makes it; namespace `''` for cluster-scoped ones. */
export interface ObjectPlace {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Names a resource whatever its version: `pods`, `services.serving.knative.dev`. */
export function resourceKey({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** The key of an object in a store. */
export function keyOf({ resource, namespace, name }: ObjectPlace): string {
  return `${resource}/${namespace}/${name}`;
}

/** The object of a pair read from a store. Throws `UserError` if the pair is damaged. */
export function parseStoredPair(key: string, value: string): { resource: string; stored: StoredObject } {
  try {
    const object = JSON.parse(value) as KubernetesObject;
    const revision = Number(object.metadata.resourceVersion);
    const resource = key.slice(0, key.indexOf('/'));
    const stored = new StoredObject(object, revision, value);
    if (!Number.isSafeInteger(revision) || keyOf({ resource, namespace: stored.namespace, name: stored.name }) !== key)
      throw new Error('key and object do not agree');
    return { resource, stored };
  } catch (error) {
    const message = `the data directory is damaged: "${key}" cannot be read (${messageOf(error)}); restore a copy of it or choose an empty one`;
    throw new UserError(message, { cause: error });
  }
}
