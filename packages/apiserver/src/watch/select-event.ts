import type { Selection } from '../rest/list-options.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { StoredObject } from '../store/stored-object.ts';

/** What a change is to a watcher that sees only a part of all objects. */
export interface SelectedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly stored: StoredObject;
}

/** An object that enters the selection is added, one that leaves it is deleted; `undefined` if it is not concerned. */
export function selectEvent(
  { namespace, matches }: Selection,
  { type, current, previous, revision }: StorageEvent,
): SelectedEvent | undefined {
  if (namespace !== undefined && current.namespace !== namespace) return undefined;
  const is = type !== 'DELETED' && matches(current.object);
  const was = type !== 'ADDED' && previous !== undefined && matches(previous.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', stored: current };
  if (!was) return undefined;
  return { type: 'DELETED', stored: type === 'DELETED' ? current : atRevision(previous, revision) };
}

/** An object that left the selection is shown as it was while in it, at the version of the change. */
function atRevision(stored: StoredObject, revision: number): StoredObject {
  const { metadata } = stored.object;
  return new StoredObject({ ...stored.object, metadata: { ...metadata, resourceVersion: String(revision) } }, revision);
}
