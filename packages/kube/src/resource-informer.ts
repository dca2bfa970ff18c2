import { type KubernetesObject, type Resource, type WatchEvent, isGone, keyOf, type KubeClient } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type Observable, Subject } from 'rxjs';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Informer, InformerEvent } from './informer.ts';
import { type Indexer, ObjectStore } from './object-store.ts';

export interface InformerOptions<T extends KubernetesObject> {
  /** Default: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Functions giving the values under which `byIndex` finds an object. They must not throw, nor change their answer. */
  readonly indexers?: Readonly<Record<string, Indexer<T>>> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Spreads retries. Default: no spread. */
  readonly random?: (() => number) | undefined;
}

const pageSize = 500;
const backoff: Backoff = { baseMs: 200, capMs: 30_000 };

/** A watch that ends sooner than this, with nothing said, counts as a failure, so that an odd server is not hammered. */
const shortWatchMs = 1000;

/** An informer on one resource; it does nothing until `run`, and can be run once. */
export function createInformer<T extends KubernetesObject>(
  client: KubeClient,
  resource: Resource<T>,
  options: InformerOptions<T>,
): Informer<T> {
  return new ResourceInformer(client, resource, options);
}

class ResourceInformer<T extends KubernetesObject> implements Informer<T> {
  readonly #client: KubeClient;
  readonly #resource: Resource<T>;
  readonly #options: InformerOptions<T>;
  readonly #store: ObjectStore<T>;
  readonly #events = new Subject<InformerEvent<T>>();
  readonly events: Observable<InformerEvent<T>> = this.#events.asObservable();
  readonly synced: Promise<void>;
  #markSynced: () => void = () => {};

  constructor(client: KubeClient, resource: Resource<T>, options: InformerOptions<T>) {
    this.#client = client;
    this.#resource = resource;
    this.#options = options;
    this.#store = new ObjectStore(options.indexers);
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(namespace ? `${namespace}/${name}` : name);
  }

  list(namespace?: string): readonly T[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#store.byIndex(index, value);
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, logger, random = () => 0 } = this.#options;
    let failures = 0;
    const heard = (): void => {
      failures = 0;
    };
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(signal, heard);
      } catch (error) {
        if (signal.aborted) break;
        failures++;
        const waitMs = backoffMs(backoff, failures, random);
        const fields = { resource: this.#resource.plural, error: messageOf(error), waitMs: Math.round(waitMs) };
        if (isGone(error)) logger.debug(fields, 'the watch fell behind; listing again');
        else logger.warn(fields, 'the watch was lost; listing again');
        await clock.sleep(waitMs, { signal }).catch(() => {}); // rejects only on abort, which ends the loop
      }
    }
    this.#events.complete();
  }

  /** Lists, then watches, resuming as often as the server ends the watch in peace. Ends only by throwing. */
  async #listAndWatch(signal: AbortSignal, heard: () => void): Promise<never> {
    const list = await this.#listAll(signal);
    for (const event of this.#store.replace(list.objects)) this.#emit(event);
    this.#markSynced();
    let { resourceVersion } = list;
    for (;;) {
      const began = this.#options.clock.now();
      const { namespace, labelSelector, fieldSelector } = this.#options;
      const from = resourceVersion;
      const query = { namespace, labelSelector, fieldSelector, resourceVersion, signal };
      for await (const event of this.#client.watch(this.#resource, query)) {
        heard();
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        this.#take(event);
      }
      signal.throwIfAborted();
      if (resourceVersion === from && this.#options.clock.now() - began < shortWatchMs) {
        throw new Error('the watch ended at once');
      }
    }
  }

  async #listAll(signal: AbortSignal): Promise<{ objects: readonly T[]; resourceVersion: string }> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const objects: T[] = [];
    let next: string | undefined;
    for (;;) {
      const page = { limit: pageSize, continue: next };
      const list = await this.#client.list(this.#resource, {
        namespace,
        labelSelector,
        fieldSelector,
        signal,
        ...page,
      });
      for (const item of list.items) objects.push(item);
      next = list.metadata.continue || undefined;
      if (next === undefined) return { objects, resourceVersion: list.metadata.resourceVersion ?? '' };
    }
  }

  #take(event: WatchEvent<T>): void {
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        return this.#emit(this.#store.set(event.object));
      case 'DELETED':
        return this.#emit(this.#store.delete(keyOf(event.object), event.object));
      case 'BOOKMARK':
      case 'ERROR': // the client throws these
        return;
    }
  }

  #emit(event: InformerEvent<T> | undefined): void {
    if (event) this.#events.next(event);
  }
}
