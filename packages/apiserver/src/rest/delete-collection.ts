import { resourceKey } from '../store/stored-pair.ts';
import { type Call, type Machine } from './call.ts';
import type { DeleteOptions } from './delete-options.ts';
import { deleteObject } from './delete.ts';
import { checkListOptions } from './list-options.ts';
import { select } from './list.ts';
import type { Page } from './snapshots.ts';

/** Deletes all that a call selects; answers with the objects as they were. */
export function deleteCollection(machine: Machine, call: Call, options: DeleteOptions): Page {
  checkListOptions(call.query);
  const objects = select(machine.storage, call);
  const table = machine.storage.table(resourceKey(call.info));
  for (const { namespace, name } of objects)
    if (table.get(namespace, name)) deleteObject(machine, { ...call, namespace, name }, options);
  return { objects, metadata: { resourceVersion: String(machine.storage.revision) } };
}
