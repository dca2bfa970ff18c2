import type { KubernetesObject, Resource } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';

export interface NamedWatchesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Told of an object, and `undefined` of one that is not there. */
export type OnObject<T> = (object: T | undefined) => void;

interface Watch<T> {
  readonly stop: AbortController;
  readonly stopped: Promise<void>;
  /** Those who want it. */
  readonly users: Set<OnObject<T>>;
  isKnown: boolean;
  last: T | undefined;
}

/**
 * Watches single objects by name, each only while somebody wants it: so that the gateway needs no right to read any other
 * (a Role may name them).
 */
export class NamedWatches<T extends KubernetesObject> implements AsyncDisposable {
  readonly #resource: Resource<T>;
  readonly #options: NamedWatchesOptions;
  readonly #watches = new Map<string, Watch<T>>();

  constructor(resource: Resource<T>, options: NamedWatchesOptions) {
    this.#resource = resource;
    this.#options = options;
  }

  /** @param key `namespace/name`. What is known already is told at once. Dispose of what it returns to be told no more. */
  watch(key: string, user: OnObject<T>): Disposable {
    const watch = this.#watches.get(key) ?? this.#begin(key);
    watch.users.add(user);
    if (watch.isKnown) user(watch.last);
    return {
      [Symbol.dispose]: () => {
        watch.users.delete(user);
        if (watch.users.size > 0) return;
        watch.stop.abort();
        this.#watches.delete(key);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#watches.values()];
    this.#watches.clear();
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ stopped }) => stopped));
  }

  #begin(key: string): Watch<T> {
    const [namespace, name = ''] = key.split('/');
    const fieldSelector = `metadata.name=${name}`;
    const informer = createInformer(this.#options.client, this.#resource, {
      ...this.#options,
      namespace,
      fieldSelector,
    });
    const stop = new AbortController();
    const watch: Watch<T> = {
      stop,
      stopped: informer.run({ signal: stop.signal }),
      users: new Set(),
      isKnown: false,
      last: undefined,
    };
    const tell = (object: T | undefined): void => {
      watch.isKnown = true;
      watch.last = object;
      for (const user of watch.users) user(object);
    };
    informer.events.subscribe(({ type, object }) => {
      if (object.metadata.name === name) tell(type === 'deleted' ? undefined : object);
    });
    void informer.synced.then(() => {
      if (!watch.isKnown) tell(undefined);
    }); // never rejects
    this.#watches.set(key, watch);
    return watch;
  }
}
