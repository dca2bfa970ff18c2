import { type KubernetesObject, isNotFound } from '@ebb/api';
import type { Call, Machine } from '../rest/call.ts';
import { createObject } from '../rest/create.ts';
import type { PropagationPolicy } from '../rest/delete-options.ts';
import { deleteObject } from '../rest/delete.ts';
import { isFinished } from '../rest/update.ts';
import type { ResourceInfo } from '../resource-info.ts';
import type { ObjectPlace } from '../store/stored-pair.ts';

/** A call that the server makes itself. */
export function internalCall(info: ResourceInfo, namespace: string, name: string): Call {
  return {
    info,
    namespace,
    name,
    subresource: '',
    query: new URLSearchParams(),
    userName: 'system:apiserver',
    manager: 'ebb-apiserver',
    dryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
  };
}

/** Deletes an object if it is there, as a client would with that policy. */
export function deletePlace(
  machine: Machine,
  { resource, namespace, name }: ObjectPlace,
  policy?: PropagationPolicy,
): void {
  const info = machine.registry.findByKey(resource);
  if (!info) return;
  try {
    const options = { dryRun: false, ...(policy ? { propagationPolicy: policy } : {}) };
    deleteObject(machine, internalCall(info, namespace, name), options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Replaces an object as it is; one that is being deleted and held by nothing any more goes. */
export function putOrFinish(
  { storage }: Machine,
  { resource, namespace, name }: ObjectPlace,
  object: KubernetesObject,
): void {
  if (isFinished(object)) storage.remove(resource, namespace, name);
  else storage.put(resource, object);
}

/** Takes a finalizer off an object. */
export function removeFinalizer(machine: Machine, place: ObjectPlace, finalizer: string): void {
  const stored = machine.storage.table(place.resource).get(place.namespace, place.name);
  if (!stored?.object.metadata.finalizers?.includes(finalizer)) return;
  const { finalizers = [], ...metadata } = stored.object.metadata;
  const rest = finalizers.filter((each) => each !== finalizer);
  const changed = { ...metadata, ...(rest.length > 0 ? { finalizers: rest } : {}) };
  putOrFinish(machine, place, { ...stored.object, metadata: changed });
}

/** Creates an object unless one of that name is there. */
export function ensureObject(machine: Machine, resource: string, object: KubernetesObject): void {
  const info = machine.registry.findByKey(resource);
  const { namespace = '', name = '' } = object.metadata;
  if (!info || machine.storage.table(resource).get(namespace, name)) return;
  createObject(machine, internalCall(info, namespace, ''), object);
}
