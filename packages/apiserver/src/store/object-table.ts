import type { StoredObject } from './stored-object.ts';

/** A place for one name, which keeps its position in the sorted order while its object changes. */
interface Slot {
  readonly name: string;
  current: StoredObject;
}

interface Bucket {
  readonly slots: Map<string, Slot>;
  /** Slots by name, from the first list on; names that come and go are put in and taken out at their place. */
  sorted: Slot[] | undefined;
}

/** All objects of one resource by namespace and name. Cluster-scoped ones have namespace `''`. */
export class ObjectTable {
  readonly #buckets = new Map<string, Bucket>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#buckets.get(namespace)?.slots.get(name)?.current;
  }

  /** Adds or replaces; returns what was there before. */
  set(stored: StoredObject): StoredObject | undefined {
    const bucket = this.#bucket(stored.namespace);
    const slot = bucket.slots.get(stored.name);
    if (!slot) {
      const added = { name: stored.name, current: stored };
      bucket.slots.set(stored.name, added);
      bucket.sorted?.splice(placeOf(bucket.sorted, stored.name), 0, added);
      this.#size++;
      return undefined;
    }
    const previous = slot.current;
    slot.current = stored;
    return previous;
  }

  delete(namespace: string, name: string): StoredObject | undefined {
    const bucket = this.#buckets.get(namespace);
    const slot = bucket?.slots.get(name);
    if (!bucket || !slot) return undefined;
    bucket.slots.delete(name);
    bucket.sorted?.splice(placeOf(bucket.sorted, name), 1);
    if (bucket.slots.size === 0) this.#buckets.delete(namespace);
    this.#size--;
    return slot.current;
  }

  /** Objects ordered by namespace and name; of one namespace if given. A copy, which later writes leave alone. */
  list(namespace?: string): StoredObject[] {
    if (namespace !== undefined) return sortedObjects(this.#buckets.get(namespace));
    return [...this.#buckets.keys()].sort().flatMap((name) => sortedObjects(this.#buckets.get(name)));
  }

  #bucket(namespace: string): Bucket {
    let bucket = this.#buckets.get(namespace);
    if (!bucket) this.#buckets.set(namespace, (bucket = { slots: new Map(), sorted: undefined }));
    return bucket;
  }
}

/** Index of the first slot that does not come before that name, by halving. */
function placeOf(sorted: readonly Slot[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.name ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedObjects(bucket: Bucket | undefined): StoredObject[] {
  if (!bucket) return [];
  bucket.sorted ??= [...bucket.slots.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return bucket.sorted.map((slot) => slot.current);
}
