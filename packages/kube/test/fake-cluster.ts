import { type KubernetesObject, type Resource, StatusError, type WatchEvent } from '@ebb/api';
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
