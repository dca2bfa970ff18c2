import { setMaxListeners } from 'node:events';
import {
  type CallOptions,
  type CreateOptions,
  type DeleteOptions,
  type KubeClient,
  type KubernetesList,
  type KubernetesObject,
  type ListOptions,
  type ObjectKey,
  type Patch,
  type Pod,
  type Resource,
  StatusError,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
  apiVersionOf,
  resources,
} from '@ebb/api';
import { linkSignals } from '@ebb/base';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { type Call, type Machine, requireStored, shown } from '../rest/call.ts';
import { createObject } from '../rest/create.ts';
import { parseDeleteOptions } from '../rest/delete-options.ts';
import { deleteObject } from '../rest/delete.ts';
import { unknownResource } from '../rest/errors.ts';
import { select } from '../rest/list.ts';
import { patchObject } from '../rest/patch.ts';
import { issueToken } from '../rest/token-request.ts';
import { updateObject } from '../rest/update.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { watchLocally } from './local-watch.ts';
import type { Turns } from './turns.ts';

/** What a local client works on. */
export interface LocalAccess {
  readonly machine: Machine;
  readonly turns: Turns;
  readonly tokens: ServiceAccountTokens;
  readonly userName: string;
  /** Owns the fields it writes, unless a call says otherwise. */
  readonly fieldManager: string;
}

/** When a call is made, see `Turns`. */
type Turn = 'call' | 'callLater';

interface CallTarget {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly options?: WriteOptions;
}

/**
 * A client in the server's own process: the operations that requests come to, without sockets and without texts. Lists are
 * always whole. What it hands out is the server's own copy, frozen.
 */
export class LocalClient implements KubeClient {
  readonly #access: LocalAccess;
  readonly #closed = new AbortController();

  constructor(access: LocalAccess) {
    this.#access = access;
    setMaxListeners(0, this.#closed.signal); // one for each watch
  }

  get<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, options: CallOptions = {}): Promise<T> {
    return this.#turn(options, (machine) => {
      const call = this.#call(resource, key);
      return shown(call, requireStored(machine, call)) as T;
    });
  }

  list<T extends KubernetesObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubernetesList<T>> {
    const { signal, namespace, labelSelector, fieldSelector } = options;
    return this.#turn({ signal }, ({ storage }) => {
      const call = this.#collection(resource, { namespace, query: { labelSelector, fieldSelector } });
      const items = select(storage, call).map((stored) => shown(call, stored) as T);
      return { items, metadata: { resourceVersion: String(storage.revision) } };
    });
  }

  async *watch<T extends KubernetesObject>(
    resource: Resource<T>,
    { signal, namespace, labelSelector, fieldSelector, resourceVersion }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    signal?.throwIfAborted();
    using link = linkSignals(signal, this.#closed.signal);
    const call = this.#collection(resource, { namespace, query: { labelSelector, fieldSelector } });
    yield* watchLocally<T>(this.#access.machine, call, { revision: Number(resourceVersion), signal: link.signal });
    signal?.throwIfAborted();
  }

  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options: CreateOptions = {}): Promise<T> {
    const { below } = options;
    if (below && below.subresource !== 'token') {
      throw new StatusError('MethodNotAllowed', `${below.subresource} is to be asked for over HTTP`, { code: 405 });
    }
    if (below) {
      return this.#turn(options, (machine) => {
        const call = this.#call(resource, { namespace: object.metadata.namespace, ...below });
        return issueToken({ machine, tokens: this.#access.tokens }, call, typed(resource, object)) as T;
      });
    }
    // Nobody waits for an event to be told.
    const turn: Turn = resource.kind === 'Event' ? 'callLater' : 'call';
    return this.#write(
      options,
      (machine) => {
        const call = this.#call(resource, { namespace: object.metadata.namespace, options });
        const body = resource.kind === 'Pod' ? podFrom(machine, call, object) : typed(resource, object);
        return createObject(machine, call, body);
      },
      turn,
    );
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
    return this.#write(options, (machine) => {
      const force = patch.type === 'apply' && patch.force === true ? 'true' : undefined;
      const call = this.#call(resource, { ...key, subresource: options.subresource, query: { force }, options });
      const body = patch.type === 'apply' ? typed(resource, patch.body) : copyJson(patch.body);
      return patchObject(machine, call, patch.type, body).stored;
    });
  }

  delete<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    { signal, ...options }: DeleteOptions = {},
  ): Promise<void> {
    return this.#turn({ signal }, async (machine) => {
      const call = this.#call(resource, key);
      deleteObject(machine, call, parseDeleteOptions(copyJson(options), call.query));
      await machine.storage.durable();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #put<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    subresource: string | undefined,
    options: WriteOptions,
  ): Promise<T> {
    return this.#write(options, (machine) => {
      const { namespace, name = '' } = object.metadata;
      const call = this.#call(resource, { namespace, name, subresource, options });
      return updateObject(machine, call, typed(resource, object)).stored;
    });
  }

  /** A write, answered once it is durable. */
  #write<T extends KubernetesObject>(
    options: CallOptions,
    write: (machine: Machine) => StoredObject,
    turn?: Turn,
  ): Promise<T> {
    const work = async (machine: Machine): Promise<T> => {
      const stored = write(machine);
      await machine.storage.durable();
      return stored.object as T;
    };
    return this.#turn(options, work, turn);
  }

  async #turn<R>({ signal }: CallOptions, work: (machine: Machine) => R | Promise<R>, turn: Turn = 'call'): Promise<R> {
    const { machine, turns } = this.#access;
    return turns[turn](() => {
      signal?.throwIfAborted();
      if (this.#closed.signal.aborted) throw new StatusError('ServiceUnavailable', 'the client is closed');
      return work(machine);
    });
  }

  /** A call on one object, or one that creates one. */
  #call<T extends KubernetesObject>(resource: Resource<T>, target: CallTarget): Call {
    if (resource.namespaced && !target.namespace)
      throw new StatusError('BadRequest', `${resource.kind}: a namespace is required`);
    if (target.name === '') throw new StatusError('BadRequest', `${resource.kind}: a name is required`);
    return this.#collection(resource, target);
  }

  #collection<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace = '', name = '', subresource = '', query = {}, options = {} }: CallTarget,
  ): Call {
    const { machine, userName, fieldManager } = this.#access;
    const info = machine.registry.find(resource.group, resource.version, resource.plural);
    if (!info) throw unknownResource();
    const manager = options.fieldManager ?? fieldManager;
    const given = Object.entries({ fieldManager: manager, ...query });
    return {
      info,
      namespace: info.namespaced ? namespace : '',
      name,
      subresource,
      query: new URLSearchParams(given.filter((entry): entry is [string, string] => entry[1] !== undefined)),
      userName,
      manager,
      dryRun: options.dryRun ?? false,
      fieldValidation: 'Ignore',
      warnings: [],
    };
  }
}

/** What a client would send: the server's own to change. */
function typed(resource: Resource<KubernetesObject>, object: object): unknown {
  return copyJson({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...object });
}

/** A new pod as a client would send it, but that it shares what it has in common with others of its template. */
function podFrom({ storage, templates }: Machine, { info }: Call, pod: KubernetesObject): unknown {
  // Where a LimitRange may change it, each has a spec of its own.
  if (storage.table('limitranges').size > 0) return typed(resources.pods, pod);
  const { metadata, spec, ...fields } = pod as Pod;
  const { labels, ...others } = metadata;
  const sharedSpec = templates.spec(info, spec);
  const sharedLabels = templates.labels(info, labels);
  const own = { ...fields, metadata: sharedLabels ? others : metadata, ...(sharedSpec ? {} : { spec }) };
  const body = typed(resources.pods, own) as Pod;
  return {
    ...body,
    ...(sharedLabels ? { metadata: { ...body.metadata, labels: sharedLabels } } : {}),
    ...(sharedSpec ? { spec: sharedSpec } : {}),
  };
}

/** A copy as JSON would make it: keys that are undefined are left out. */
function copyJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
