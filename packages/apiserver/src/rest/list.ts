import { StatusError } from '@ebb/api';
import { resourceKey } from '../store/stored-pair.ts';
import type { Storage } from '../store/storage.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { Call, Machine } from './call.ts';
import { badRequest } from './errors.ts';
import { checkListOptions, parseSelection, parseVersion, wholeParameter } from './list-options.ts';
import type { Page, Snapshots } from './snapshots.ts';

/** Lists what a call selects; pages of one list show one moment. Throws `StatusError`. */
export function listObjects(machine: Machine, call: Call, snapshots: Snapshots): Page {
  const { query } = call;
  checkListOptions(query);
  const limit = Math.max(0, wholeParameter(query, 'limit'));
  const token = query.get('continue') ?? '';
  if (token !== '') {
    if (query.get('resourceVersion'))
      throw badRequest('specifying resource version is not allowed when using continue');
    return snapshots.next(token, limit, () => select(machine.storage, call));
  }
  const revision = listRevision(machine, call);
  const counted = !query.get('labelSelector') && !query.get('fieldSelector');
  const objects =
    revision < machine.storage.revision ? selectAt(machine, call, revision) : select(machine.storage, call);
  return snapshots.first(objects, limit, { revision, counted });
}

/** All objects a call selects, ordered by namespace and name. */
export function select(storage: Storage, call: Call): StoredObject[] {
  const { namespace, name, matches } = parseSelection(call);
  const table = storage.table(resourceKey(call.info));
  if (name !== undefined && namespace !== undefined) {
    const stored = table.get(namespace, name);
    return stored && matches(stored.object) ? [stored] : [];
  }
  return table.list(namespace).filter((stored) => matches(stored.object));
}

/** As `select`, but at an earlier version: what has happened since is undone. Throws `Expired` if that is not known. */
function selectAt({ storage }: Machine, call: Call, revision: number): StoredObject[] {
  const resource = resourceKey(call.info);
  const events = storage.watch(resource).since(revision);
  if (events.length === 0) return select(storage, call);
  const { namespace, matches } = parseSelection(call);
  const objects = new Map(
    storage
      .table(resource)
      .list(namespace)
      .map((stored) => [placeOf(stored), stored]),
  );
  for (const { current, previous } of events.toReversed()) {
    if (namespace !== undefined && current.namespace !== namespace) continue;
    if (previous) objects.set(placeOf(current), previous);
    else objects.delete(placeOf(current));
  }
  const then = [...objects.values()].filter((stored) => matches(stored.object));
  // Something that is on its way to the disk, and so among no events yet, would be seen too early.
  if (then.some((stored) => stored.revision > revision)) throw tooOld();
  return then.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

const placeOf = ({ namespace, name }: StoredObject): string => `${namespace}\0${name}`;

const tooOld = (): StatusError => new StatusError('Expired', 'The resourceVersion for the provided list is too old.');

/** The version to put on a list: the present one, or the very one asked for. */
function listRevision({ storage }: Machine, { query }: Call): number {
  const asked = parseVersion(query.get('resourceVersion'), (problem) =>
    badRequest(`invalid resource version: resourceVersion: ${problem}`),
  );
  if (asked === undefined || asked === 0) return storage.revision;
  requireReached(asked, storage.revision);
  if (query.get('resourceVersionMatch') !== 'Exact') return storage.revision;
  return asked;
}

/** Throws `Timeout` if a version lies in the future, as a server does that has waited for it in vain. */
export function requireReached(asked: number, current: number): void {
  if (asked <= current) return;
  throw new StatusError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
