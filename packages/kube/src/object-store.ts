import { type KubernetesObject, keyOf } from '@ebb/api';
import type { InformerEvent } from './informer.ts';

/** Values of an object under which an index finds it. */
export type Indexer<T> = (object: T) => readonly string[];

/** Objects by key, by namespace and by the given indexes. Every change costs what the indexes of one object cost. */
export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: ReadonlyMap<string, Indexer<T>>;
  readonly #indexes = new Map<string, Map<string, Map<string, T>>>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    const byNamespace: Indexer<T> = ({ metadata }) => [metadata.namespace ?? ''];
    this.#indexers = new Map([...Object.entries(indexers), [namespaceIndex, byNamespace]]);
    for (const name of this.#indexers.keys()) this.#indexes.set(name, new Map());
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(namespaceIndex, namespace);
  }

  /** Throws on an index that was never given. */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`no index is called ${name}`);
    return [...(index.get(value)?.values() ?? [])];
  }

  /** Takes in an object; nothing is told of one that is already there in the same version. */
  set(object: T): InformerEvent<T> | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old && isSame(old, object)) return undefined;
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    this.#index(key, object);
    return old ? { type: 'updated', object, old } : { type: 'added', object };
  }

  /** Drops an object; `last` is its final state, if known better than the store knows it. */
  delete(key: string, last?: T): InformerEvent<T> | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#unindex(key, old);
    this.#objects.delete(key);
    return { type: 'deleted', object: last ?? old };
  }

  /** Makes the store equal to `objects`, giving the events that lead there. An object that was replaced by a namesake is deleted and added. */
  *replace(objects: readonly T[]): Generator<InformerEvent<T>> {
    const next = new Map(objects.map((object) => [keyOf(object), object]));
    for (const [key, old] of this.#objects) {
      const uid = next.get(key)?.metadata.uid;
      const event = next.has(key) && uid === old.metadata.uid ? undefined : this.delete(key);
      if (event) yield event;
    }
    for (const object of objects) {
      const event = this.set(object);
      if (event) yield event;
    }
  }

  #index(key: string, object: T): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const entry = index?.get(value);
        if (entry) entry.set(key, object);
        else index?.set(value, new Map([[key, object]]));
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const entry = index?.get(value);
        entry?.delete(key);
        if (entry?.size === 0) index?.delete(value);
      }
    }
  }
}

/** A name no caller's index can have by accident. */
const namespaceIndex = ' namespace';

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
  const { uid, resourceVersion } = a.metadata;
  return resourceVersion !== undefined && resourceVersion === b.metadata.resourceVersion && uid === b.metadata.uid;
}
