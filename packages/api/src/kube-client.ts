import type { KubernetesList, KubernetesObject, Resource, WatchEvent } from './meta.ts';

/** Names one object. `namespace` is left out for cluster-scoped resources. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** All namespaces if left out. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this version. */
  readonly resourceVersion: string;
}

export interface WriteOptions extends CallOptions {
  /** Who owns the fields written. Default: the client's own name. */
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface CreateOptions extends WriteOptions {
  /** Where it is made by an object of the resource and not among them: a service account's `token`, a pod's `binding`. */
  readonly below?: { readonly name: string; readonly subresource: 'token' | 'binding' | 'eviction' } | undefined;
}

export type Patch =
  | { readonly type: 'json'; readonly body: readonly object[] }
  | { readonly type: 'merge' | 'strategic'; readonly body: object }
  /** Server-side apply; `force` takes fields from other managers. */
  | { readonly type: 'apply'; readonly body: object; readonly force?: boolean };

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
}

/**
 * A Kubernetes API server, whichever it is, near or far. Every call rejects with `StatusError` when the server refuses, and with the
 * signal's reason when aborted. What it hands out is shared with others: not to be changed.
 */
export interface KubeClient extends AsyncDisposable {
  get<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, options?: CallOptions): Promise<T>;
  list<T extends KubernetesObject>(resource: Resource<T>, options?: ListOptions): Promise<KubernetesList<T>>;
  /** Ends when the server closes the watch or the signal aborts; throws `StatusError` on an ERROR event. */
  watch<T extends KubernetesObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CreateOptions): Promise<T>;
  /** Replaces the object; a `resourceVersion` in it makes the write conditional. */
  update<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & { readonly subresource?: 'status' | 'scale' | undefined },
  ): Promise<T>;
  delete<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}
