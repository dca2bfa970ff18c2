import { type KubernetesObject, StatusError } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import { ObjectTable } from './object-table.ts';
import { OwnerIndex } from './owner-index.ts';
import { type ObjectPlace, keyOf, parseStoredPair } from './stored-pair.ts';
import { StoredObject } from './stored-object.ts';
import type { Store } from './store.ts';
import { WatchCache } from '../watch/watch-cache.ts';
import type { StorageEvent } from './storage-event.ts';

interface Pending {
  readonly event: StorageEvent;
  committed: boolean;
}

/** Room left between the revisions of two runs, for those that were shown to readers but not yet on disk. */
const restartGap = 1000;

/**
 * The state of the server: tables of objects, one counter of versions, the events of each resource. Changes are
 * seen by readers at once (so that writers conflict properly), and by watchers and the writer's client only when
 * the store has made them durable.
 */
export class Storage {
  readonly owners: OwnerIndex = new OwnerIndex();
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #tables = new Map<string, ObjectTable>();
  readonly #watches = new Map<string, WatchCache>();
  readonly #listeners = new Set<(event: StorageEvent) => void>();
  readonly #pending: Pending[] = [];
  #revision: number;
  readonly #firstRevision: number;
  #lastWrite: Promise<void> | undefined;
  #failure: unknown;

  /** Takes over what the store holds. Throws `UserError` when a pair in it cannot be read. */
  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#revision = store.revision === 0 ? 0 : store.revision + restartGap;
    this.#firstRevision = this.#revision;
    for (const [key, value] of store.load()) {
      const { resource, stored } = parseStoredPair(key, value);
      this.table(resource).set(stored);
      this.owners.replace(resource, undefined, stored);
    }
  }

  /** The version of the whole state; also that of a list taken now. */
  get revision(): number {
    return this.#revision;
  }

  /** The version up to which watchers have been told. */
  get publishedRevision(): number {
    const first = this.#pending[0];
    return first ? first.event.revision - 1 : this.#revision;
  }

  /** The objects of a resource, named as `resourceKey` does. */
  table(resource: string): ObjectTable {
    let table = this.#tables.get(resource);
    if (!table) this.#tables.set(resource, (table = new ObjectTable()));
    return table;
  }

  /** All resources that were ever touched. */
  resources(): string[] {
    return [...this.#tables.keys()];
  }

  /** The watch cache of a resource. */
  watch(resource: string): WatchCache {
    let cache = this.#watches.get(resource);
    if (!cache) this.#watches.set(resource, (cache = new WatchCache(this.#firstRevision)));
    return cache;
  }

  /** Adds or replaces an object; returns it with its new `resourceVersion`. Throws once the store has failed. */
  put(resource: string, object: KubernetesObject): StoredObject {
    const revision = this.#nextRevision();
    const current = new StoredObject(withVersion(object, revision), revision);
    const previous = this.table(resource).set(current);
    this.owners.replace(resource, previous, current);
    const type = previous ? 'MODIFIED' : 'ADDED';
    this.#write({ resource, ...placeOf(current) }, { type, resource, revision, current, previous });
    return current;
  }

  /** Removes an object, if it is there. */
  remove(resource: string, namespace: string, name: string): void {
    const previous = this.table(resource).get(namespace, name);
    if (!previous) return;
    const revision = this.#nextRevision();
    this.table(resource).delete(namespace, name);
    this.owners.replace(resource, previous, undefined);
    const current = new StoredObject(withVersion(previous.object, revision), revision);
    this.#write({ resource, namespace, name }, { type: 'DELETED', resource, revision, current, previous });
  }

  /** Resolves once all that was written so far is durable. Rejects with `StatusError` if it could not be made so. */
  async durable(): Promise<void> {
    if (this.#failure !== undefined) this.#refuse();
    try {
      await this.#lastWrite;
    } catch {
      this.#refuse();
    }
  }

  /** Calls `listener` for each committed change, in order. It must not throw. */
  subscribe(listener: (event: StorageEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #nextRevision(): number {
    if (this.#failure !== undefined) this.#refuse();
    return ++this.#revision;
  }

  #refuse(): never {
    throw new StatusError('InternalError', `Internal error occurred: the store failed: ${messageOf(this.#failure)}`);
  }

  #write(place: ObjectPlace, event: StorageEvent): void {
    const { current } = event;
    const value = event.type === 'DELETED' ? undefined : (): string => current.json;
    const pending: Pending = { event, committed: false };
    this.#pending.push(pending);
    const written = this.#store.write({ key: keyOf(place), value, revision: event.revision });
    this.#lastWrite = written;
    if (!written) return this.#commit(pending);
    written.then(
      () => this.#commit(pending),
      (error: unknown) => this.#fail(error),
    );
  }

  #commit(pending: Pending): void {
    pending.committed = true;
    while (this.#pending[0]?.committed) {
      const next = this.#pending.shift();
      if (next) this.#publish(next.event);
    }
  }

  #publish(event: StorageEvent): void {
    this.watch(event.resource).publish(event);
    for (const listener of this.#listeners) listener(event);
  }

  #fail(error: unknown): void {
    if (this.#failure === undefined)
      this.#logger.error({ error: messageOf(error) }, 'the store failed, writes are refused');
    this.#failure ??= error;
    this.#pending.length = 0;
  }
}

function placeOf(stored: StoredObject): { namespace: string; name: string } {
  return { namespace: stored.namespace, name: stored.name };
}

function withVersion(object: KubernetesObject, revision: number): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
