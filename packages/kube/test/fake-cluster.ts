import { type KubernetesObject, type Resource, StatusError, type WatchEvent } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { KubeClient, ListOptions, ObjectKey, WatchOptions } from '../src/index.ts';

/** What a test makes an API server do next. */
export interface Script<T> {
  readonly lists: { readonly options: ListOptions; readonly at: number }[];
  readonly watches: WatchOptions[];
  /** Answers of `list`, in turn; the last one stays. An error is thrown. */
  readonly answers: (readonly T[] | Error)[];
  /** Pushes an event to the open watch. */
  send(event: WatchEvent<T>): void;
  /** Ends the open watch, with an error or in peace. */
  end(error?: Error): void;
}

/** A client that lists and watches as scripted; `now` stamps the calls. */
export function scriptedClient<T extends KubernetesObject>(
  now: () => number,
  ...answers: (readonly T[] | Error)[]
): { readonly client: KubeClient; readonly script: Script<T> } {
  const queue: (WatchEvent<T> | Error | undefined)[] = [];
  let wake: () => void = () => {};
  const push = (item: WatchEvent<T> | Error | undefined): void => {
    queue.push(item);
    wake();
  };
  const script: Script<T> = { lists: [], watches: [], answers, send: push, end: push };
  const client = {
    list: async (_: Resource<T>, options: ListOptions) => {
      script.lists.push({ options, at: now() });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return { metadata: { resourceVersion: String(100 * script.lists.length) }, items: [...(answer ?? [])] };
    },
    watch: async function* (_: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
      script.watches.push(options);
      options.signal?.addEventListener('abort', () => push(options.signal?.reason as Error));
      for (;;) {
        while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const next = queue.shift();
        if (next === undefined) return;
        if (next instanceof Error) throw next;
        yield next;
      }
    },
  };
  return { client: client as unknown as KubeClient, script };
}

/** Objects of one resource in memory, with resource versions and conflicts, and nothing else of an API server. */
export class MemoryObjects {
  readonly objects = new Map<string, KubernetesObject>();
  /** Thrown by every call while set. */
  failure: Error | undefined;
  #version = 0;

  readonly client: KubeClient = {
    get: async (_: unknown, { namespace, name }: ObjectKey) => this.#find(`${namespace}/${name}`),
    create: async (_: unknown, object: KubernetesObject) => {
      const { generateName, namespace, name = `${generateName}${this.#version}` } = object.metadata;
      const key = `${namespace}/${name}`;
      if (this.objects.has(key)) throw new StatusError('AlreadyExists', `${key} exists`);
      return this.#store(key, { ...object, metadata: { ...object.metadata, name } });
    },
    update: async (_: unknown, object: KubernetesObject) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      const stored = this.#find(key);
      if (stored.metadata.resourceVersion !== object.metadata.resourceVersion) {
        throw new StatusError('Conflict', `${key} was changed`);
      }
      return this.#store(key, object);
    },
    patch: async (_: unknown, { namespace, name }: ObjectKey, { body }: { body: object }) =>
      this.#store(`${namespace}/${name}`, { ...this.#find(`${namespace}/${name}`), ...body }),
    delete: async (_: unknown, { namespace, name }: ObjectKey) => {
      this.#find(`${namespace}/${name}`);
      this.objects.delete(`${namespace}/${name}`);
    },
  } as unknown as KubeClient;

  #find(key: string): KubernetesObject {
    if (this.failure) throw this.failure;
    const found = this.objects.get(key);
    if (!found) throw new StatusError('NotFound', `${key} not found`);
    return found;
  }

  #store(key: string, object: KubernetesObject): KubernetesObject {
    if (this.failure) throw this.failure;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.objects.set(key, stored);
    return stored;
  }
}

/** A way to a server on which calls are late, and are lost before or after they took effect, while it is not reliable. */
export interface UnreliableWay {
  readonly client: KubeClient;
  reliable: boolean;
}

/** Longest a call is on its way, in each direction. Longer than anybody waits for a lease. */
const latestMs = 20_000;

/** Reads and writes of `client` over an unreliable way. A call that is aborted is given up at once, and takes effect or not. */
export function unreliable(
  client: KubeClient,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): UnreliableWay {
  const way: { reliable: boolean } = { reliable: true };
  const travel = async (): Promise<void> => {
    if (way.reliable) return;
    await clock.sleep(random() < 0.5 ? random() * 500 : random() * latestMs);
    if (random() < 0.3) throw new StatusError('ServiceUnavailable', 'lost on the way');
  };
  const over =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      const signal = (args.at(-1) as { signal?: AbortSignal } | undefined)?.signal;
      const answer = travel()
        .then(() => call(...args))
        .then(async (result) => {
          await travel();
          return result;
        });
      return new Promise<R>((resolve, reject) => {
        const giveUp = (): void => reject(signal?.reason);
        signal?.addEventListener('abort', giveUp, { once: true });
        answer.then(resolve, reject).finally(() => signal?.removeEventListener('abort', giveUp));
      });
    };
  return Object.assign(way, {
    client: {
      get: over((...args: Parameters<KubeClient['get']>) => client.get(...args)),
      create: over((...args: Parameters<KubeClient['create']>) => client.create(...args)),
      update: over((...args: Parameters<KubeClient['update']>) => client.update(...args)),
    } as KubeClient,
  });
}
