import {
  type KubernetesList,
  type KubernetesObject,
  type Resource,
  StatusError,
  type WatchEvent,
  apiVersionOf,
  type CallOptions,
  type DeleteOptions,
  type KubeClient,
  type ListOptions,
  type ObjectKey,
  type Patch,
  type WatchOptions,
  type CreateOptions,
  type WriteOptions,
} from '@ebb/api';
import { type Clock, type LinkedSignal, linkSignals, systemClock } from '@ebb/base';
import type { Dispatcher } from 'undici';
import { openClusterAccess } from './credentials.ts';
import { connectionFailure, failureOf } from './failure.ts';
import { readLines } from './lines.ts';
import type { KubeconfigSource } from './load-kubeconfig.ts';
import { collectionPath, objectPath, requireNamespace, withQuery } from './paths.ts';
import { type Request, Transport } from './transport.ts';
import { parseWatchEvent } from './watch-event.ts';

export interface KubeClientOptions extends KubeconfigSource {
  /** Sent as User-Agent; the part before any `/` is the default field manager. Default `ebb`. */
  readonly userAgent?: string | undefined;
  /** Longest an ordinary call may take, and a watch or stream to begin. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** How long the server is asked to keep a watch open; and, with some slack, the longest silence taken for life. */
const watchSeconds = 300;
const watchIdleMs = (watchSeconds + 30) * 1000;

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A client that speaks HTTP. */
export interface RemoteKubeClient extends KubeClient {
  /** A GET of any path, its body streamed as it comes: `pods/log`, `/version`, tables. Accepts JSON unless told otherwise. */
  stream(path: string, options?: CallOptions & { readonly accept?: string | undefined }): AsyncIterable<Uint8Array>;
}

/** Opens a client to the cluster of a kubeconfig. Throws `UserError` if that cannot be read; connects on first use. */
export function createKubeClient(options: KubeClientOptions = {}): RemoteKubeClient {
  return new HttpKubeClient(options);
}

interface OpenOptions {
  /** Longest silence taken for life; 0: any. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What to ask for; JSON by default. */
  readonly accept?: string | undefined;
}

class HttpKubeClient implements RemoteKubeClient {
  readonly #transport: Transport;
  readonly #server: string;
  readonly #userAgent: string;
  readonly #fieldManager: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor({ userAgent = 'ebb', timeoutMs = 30_000, clock = systemClock, ...source }: KubeClientOptions) {
    const access = openClusterAccess(source, clock);
    this.#transport = new Transport(access);
    this.#server = access.server.href;
    this.#userAgent = userAgent;
    this.#fieldManager = userAgent.split('/', 1)[0] ?? userAgent;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  get<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, options: CallOptions = {}): Promise<T> {
    return this.#call<T>({ method: 'GET', path: () => objectPath(resource, key) }, options);
  }

  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    { signal, namespace, ...query }: ListOptions = {},
  ): Promise<KubernetesList<T>> {
    const path = (): string => withQuery(collectionPath(resource, namespace), { ...query });
    const list = await this.#call<KubernetesList<T>>({ method: 'GET', path }, { signal });
    list.items ??= [];
    // Items of a list carry neither; whoever holds one item wants to know what it is.
    for (const item of list.items) {
      item.apiVersion ??= apiVersionOf(resource);
      item.kind ??= resource.kind;
    }
    return list;
  }

  async *watch<T extends KubernetesObject>(
    resource: Resource<T>,
    { signal, namespace, ...query }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const path = withQuery(collectionPath(resource, namespace), {
      ...query,
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds,
    });
    for await (const line of readLines(this.#open(path, { idleMs: watchIdleMs, signal })))
      yield parseWatchEvent<T>(line);
  }

  stream(
    path: string,
    { signal, accept }: CallOptions & { readonly accept?: string | undefined } = {},
  ): AsyncIterable<Uint8Array> {
    return this.#open(path, { idleMs: 0, signal, accept });
  }

  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options: CreateOptions = {}): Promise<T> {
    const { namespace } = object.metadata;
    const path = (): string => {
      requireNamespace(resource, namespace);
      const { name, subresource } = options.below ?? {};
      const place = name ? objectPath(resource, { namespace, name }, subresource) : collectionPath(resource, namespace);
      return withQuery(place, this.#writeQuery(options));
    };
    return this.#call<T>({ method: 'POST', path, body: typed(resource, object) }, options);
  }

  update<T extends KubernetesObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#put(resource, object, undefined, options);
  }

  updateStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#put(resource, object, 'status', options);
  }

  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions & { readonly subresource?: 'status' | 'scale' | undefined } = {},
  ): Promise<T> {
    const force = patch.type === 'apply' ? patch.force : undefined;
    const path = (): string =>
      withQuery(objectPath(resource, key, options.subresource), { ...this.#writeQuery(options), force });
    const body = patch.type === 'apply' ? typed(resource, patch.body) : patch.body;
    return this.#call<T>({ method: 'PATCH', path, body, contentType: patchTypes[patch.type] }, options);
  }

  async delete<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    { signal, ...options }: DeleteOptions = {},
  ): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    await this.#call({ method: 'DELETE', path: () => objectPath(resource, key), body }, { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport.close();
  }

  #put<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    subresource: string | undefined,
    options: WriteOptions,
  ): Promise<T> {
    const { namespace, name = '' } = object.metadata;
    const path = (): string =>
      withQuery(objectPath(resource, { namespace, name }, subresource), this.#writeQuery(options));
    return this.#call<T>({ method: 'PUT', path, body: typed(resource, object) }, options);
  }

  #writeQuery({ fieldManager = this.#fieldManager, dryRun }: WriteOptions): Record<string, string | undefined> {
    return { fieldManager, dryRun: dryRun ? 'All' : undefined };
  }

  /** One call from request to parsed answer, within the time allowed. `path` is a function so that its errors reject. */
  async #call<R>(
    call: {
      readonly method: Request['method'];
      readonly path: () => string;
      readonly body?: object;
      readonly contentType?: string;
    },
    { signal }: CallOptions,
  ): Promise<R> {
    const path = call.path();
    const headers = { ...this.#headers(), 'content-type': call.contentType ?? 'application/json' };
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    return this.#within(signal, async (bounded) => {
      const response = await this.#transport.call({ method: call.method, path, headers, ...body, signal: bounded });
      return parseAnswer(await textOf(response)) as R;
    });
  }

  /** Runs `work` under the caller's signal and this client's time limit, and turns what it throws into our errors. */
  async #within<R>(signal: AbortSignal | undefined, work: (bounded: AbortSignal) => Promise<R>): Promise<R> {
    signal?.throwIfAborted();
    const link = linkSignals(signal);
    const deadline = this.#deadline(link);
    try {
      return await work(link.signal);
    } catch (error) {
      throw this.#failure(error, link, signal);
    } finally {
      deadline[Symbol.dispose]();
      link[Symbol.dispose]();
    }
  }

  /** A GET whose body is handed on as it comes. Its socket is released when the reader stops, however that happens. */
  async *#open(path: string, { idleMs, signal, accept }: OpenOptions): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    const link = linkSignals(signal);
    const deadline = this.#deadline(link);
    try {
      const request: Request = {
        method: 'GET',
        path,
        headers: { ...this.#headers(), ...(accept ? { accept } : {}) },
        signal: link.signal,
      };
      const response = await this.#transport.stream(request, idleMs);
      if (response.statusCode >= 400) await textOf(response);
      deadline[Symbol.dispose]();
      for await (const chunk of response.body) yield chunk as Uint8Array;
    } catch (error) {
      throw this.#failure(error, link, signal);
    } finally {
      deadline[Symbol.dispose]();
      link[Symbol.dispose]();
      link.abort();
    }
  }

  #deadline(link: LinkedSignal): Disposable {
    const message = `no answer from the API server at ${this.#server} within ${this.#timeoutMs} ms`;
    return this.#clock.after(this.#timeoutMs, () => link.abort(new StatusError('Timeout', message)));
  }

  #failure(error: unknown, link: LinkedSignal, signal?: AbortSignal): Error {
    signal?.throwIfAborted();
    return connectionFailure(link.signal.aborted ? link.signal.reason : error, this.#server);
  }

  #headers(): Record<string, string> {
    return { accept: 'application/json', 'user-agent': this.#userAgent };
  }
}

async function textOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<string> {
  const text = await body.text();
  if (statusCode >= 400) throw failureOf(statusCode, text, headers['retry-after']);
  return text;
}

function typed(resource: Resource<KubernetesObject>, object: object): object {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StatusError('InternalError', `the server's answer is not JSON: ${text.slice(0, 200)}`, { cause });
  }
}
