import type { OwnerReference } from '@ebb/api';
import type { StoredObject } from './stored-object.ts';
import { type ObjectPlace, keyOf } from './stored-pair.ts';

/** Who owns whom, by uid, kept up with each write so that garbage collection never searches. */
export class OwnerIndex {
  readonly #places = new Map<string, ObjectPlace>();
  readonly #dependents = new Map<string, Map<string, ObjectPlace>>();

  /** Takes note that an object of `resource` went from `previous` to `current`. */
  replace(resource: string, previous: StoredObject | undefined, current: StoredObject | undefined): void {
    if (previous?.uid === current?.uid && ownersOf(previous) === ownersOf(current)) return;
    if (previous?.uid !== current?.uid && previous) this.#places.delete(previous.uid);
    if (current) this.#places.set(current.uid, place(resource, current));
    const before = ownersOf(previous);
    const after = ownersOf(current);
    if (before.length === 0 && after.length === 0) return;
    for (const owner of before) this.#remove(owner.uid, place(resource, previous));
    for (const owner of after) this.#add(owner.uid, place(resource, current));
  }

  /** Where the object with that uid lies, if it exists. */
  placeOf(uid: string): ObjectPlace | undefined {
    return this.#places.get(uid);
  }

  /** Objects that name `uid` as an owner. */
  dependentsOf(uid: string): ObjectPlace[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  /** Every object that has an owner. */
  owned(): ObjectPlace[] {
    return [...this.#dependents.values()].flatMap((places) => [...places.values()]);
  }

  #add(uid: string, dependent: ObjectPlace | undefined): void {
    if (!dependent) return;
    let places = this.#dependents.get(uid);
    if (!places) this.#dependents.set(uid, (places = new Map()));
    places.set(keyOf(dependent), dependent);
  }

  #remove(uid: string, dependent: ObjectPlace | undefined): void {
    const places = this.#dependents.get(uid);
    if (!places || !dependent) return;
    places.delete(keyOf(dependent));
    if (places.size === 0) this.#dependents.delete(uid);
  }
}

const none: readonly OwnerReference[] = [];

function ownersOf(stored: StoredObject | undefined): readonly OwnerReference[] {
  return stored?.object.metadata.ownerReferences ?? none;
}

function place(resource: string, stored: StoredObject): ObjectPlace;
function place(resource: string, stored: StoredObject | undefined): ObjectPlace | undefined;
function place(resource: string, stored: StoredObject | undefined): ObjectPlace | undefined {
  return stored && { resource, namespace: stored.namespace, name: stored.name };
}
