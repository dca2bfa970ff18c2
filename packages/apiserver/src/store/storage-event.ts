import type { StoredObject } from './stored-object.ts';

/** One committed change, as watchers and the server's own controllers see it. */
export interface StorageEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly revision: number;
  /** The new state; for `DELETED` the last one, carrying the revision of the deletion. */
  readonly current: StoredObject;
  readonly previous: StoredObject | undefined;
}
