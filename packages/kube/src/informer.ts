import type { KubernetesObject } from '@ebb/api';
import type { Observable } from 'rxjs';

export type InformerEvent<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  | { readonly type: 'deleted'; readonly object: T };

/** A local, always current copy of a resource. Objects are shared and must not be changed. */
export interface Informer<T extends KubernetesObject> {
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects for which the index function of that name returned `value`. Cost is that of the answer. */
  byIndex(index: string, value: string): readonly T[];
  /** Every change; on subscription nothing is replayed. */
  readonly events: Observable<InformerEvent<T>>;
  /** Resolves when the first list has been taken in. */
  readonly synced: Promise<void>;
  /** Lists, watches, and lists again after 410 Gone or a lost connection (with back-off), until aborted. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}
