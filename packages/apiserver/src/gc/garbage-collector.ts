import type { KubernetesObject, OwnerReference } from '@ebb/api';
import type { Machine } from '../rest/call.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { type ObjectPlace, keyOf } from '../store/stored-pair.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { PropagationPolicy } from '../rest/delete-options.ts';
import { deletePlace, putOrFinish, removeFinalizer } from './internal-write.ts';
import type { TaskQueue } from './task-queue.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/**
 * Deletes objects whose owners are gone, and carries out the deletion policies that wait for dependents. Looks at the
 * state alone: an event only says where to look.
 */
export class GarbageCollector {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;

  constructor(machine: Machine, queue: TaskQueue) {
    this.#machine = machine;
    this.#queue = queue;
  }

  /** Looks at all objects that have owners, and all that wait for dependents. */
  start(): void {
    const { storage } = this.#machine;
    for (const place of storage.owners.owned()) this.#enqueue(place);
    for (const resource of storage.resources())
      for (const stored of storage.table(resource).list())
        if (stored.object.metadata.deletionTimestamp !== undefined) this.#enqueue(placeOf(resource, stored));
  }

  /** Takes note of a committed change. */
  observe({ type, resource, current, previous }: StorageEvent): void {
    const { metadata } = current.object;
    if (type !== 'DELETED') {
      const { ownerReferences, deletionTimestamp } = metadata;
      const isOwnedAnew =
        ownerReferences !== undefined && ownerReferences !== previous?.object.metadata.ownerReferences;
      if (isOwnedAnew || deletionTimestamp !== undefined) this.#enqueue(placeOf(resource, current));
    } else for (const dependent of this.#dependents(current.uid)) this.#enqueue(dependent);
    // Owners that wait may have one dependent fewer.
    for (const owner of previous?.object.metadata.ownerReferences ?? []) this.#enqueueWaiting(owner);
  }

  #enqueueWaiting({ uid }: OwnerReference): void {
    const place = this.#machine.storage.owners.placeOf(uid);
    if (place && isWaiting(this.#get(place)?.object)) this.#enqueue(place);
  }

  #enqueue(place: ObjectPlace): void {
    this.#queue.add(`collect ${keyOf(place)}`, () => this.#collect(place));
  }

  #collect(place: ObjectPlace): void {
    const stored = this.#get(place);
    if (!stored) return;
    const { deletionTimestamp, finalizers = [] } = stored.object.metadata;
    if (deletionTimestamp !== undefined && finalizers.includes(orphan)) this.#releaseDependents(place, stored.uid);
    else if (isWaiting(stored.object)) this.#deleteDependents(place, stored.uid);
    if (deletionTimestamp === undefined) this.#judge(place, stored);
  }

  /** Deletes an object that no living owner holds; of one that some hold, drops the references to the others. */
  #judge(place: ObjectPlace, { object }: StoredObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const found = owners.map((owner) => ({ owner, object: this.#owner(owner, place.namespace) }));
    const solid = found.filter((each) => each.object && !isWaiting(each.object));
    const waiting = found.filter((each) => each.object && isWaiting(each.object));
    if (solid.length === owners.length) return;
    if (solid.length > 0)
      return this.#setOwners(
        place,
        object,
        solid.map(({ owner }) => owner),
      );
    const hasDependents = this.#dependents(object.metadata.uid ?? '').length > 0;
    deletePlace(this.#machine, place, waiting.length > 0 && hasDependents ? 'Foreground' : policyOf(object));
  }

  #releaseDependents(place: ObjectPlace, uid: string): void {
    for (const dependent of this.#dependents(uid)) {
      const object = this.#get(dependent)?.object;
      if (object)
        this.#setOwners(
          dependent,
          object,
          (object.metadata.ownerReferences ?? []).filter((each) => each.uid !== uid),
        );
    }
    removeFinalizer(this.#machine, place, orphan);
  }

  #deleteDependents(place: ObjectPlace, uid: string): void {
    const dependents = this.#dependents(uid);
    for (const dependent of dependents) this.#enqueue(dependent);
    const blocks = (each: ObjectPlace): boolean =>
      this.#get(each)?.object.metadata.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion,
      ) ?? false;
    if (!dependents.some(blocks)) removeFinalizer(this.#machine, place, foreground);
  }

  #setOwners(place: ObjectPlace, object: KubernetesObject, owners: OwnerReference[]): void {
    const { ownerReferences: _, ...metadata } = object.metadata;
    const changed = { ...metadata, ...(owners.length > 0 ? { ownerReferences: owners } : {}) };
    putOrFinish(this.#machine, place, { ...object, metadata: changed });
  }

  /** The owner a reference names. Namespaced owners hold only objects of their own namespace. */
  #owner({ uid, name }: OwnerReference, namespace: string): KubernetesObject | undefined {
    const place = this.#machine.storage.owners.placeOf(uid);
    if (!place || place.name !== name || (place.namespace !== '' && place.namespace !== namespace)) return undefined;
    return this.#get(place)?.object;
  }

  #dependents(uid: string): ObjectPlace[] {
    return this.#machine.storage.owners.dependentsOf(uid);
  }

  #get({ resource, namespace, name }: ObjectPlace): StoredObject | undefined {
    return this.#machine.storage.table(resource).get(namespace, name);
  }
}

/** Whether an object goes only after its dependents. */
function isWaiting(object: KubernetesObject | undefined): boolean {
  const { deletionTimestamp, finalizers } = object?.metadata ?? {};
  return deletionTimestamp !== undefined && (finalizers?.includes(foreground) ?? false);
}

function policyOf({ metadata: { finalizers = [] } }: KubernetesObject): PropagationPolicy {
  if (finalizers.includes(orphan)) return 'Orphan';
  return finalizers.includes(foreground) ? 'Foreground' : 'Background';
}

function placeOf(resource: string, { namespace, name }: StoredObject): ObjectPlace {
  return { resource, namespace, name };
}
