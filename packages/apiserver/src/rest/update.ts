import { type KubernetesObject, StatusError } from '@ebb/api';
import { invalidObject } from '../schema/field-error.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, apiVersionOfInfo, requireStored, timestamp } from './call.ts';
import { createDecoded } from './create.ts';
import { decodeObject, dropUnknownFields } from './decode.ts';
import { badRequest, nameMissing, staleVersion, wrongUid } from './errors.ts';
import { placeInNamespace } from './namespaces.ts';
import { isNewGeneration, mayCreateOnUpdate, needsVersion, prepareUpdate } from './strategy.ts';
import { admit, storeObject } from './write.ts';

/** What a write made of an object. */
export interface Written {
  readonly stored: StoredObject;
  readonly created: boolean;
}

/** Replaces an object (or its status) by that of a request's body. Throws `StatusError`. */
export function updateObject(machine: Machine, call: Call, body: unknown): Written {
  const { info, namespace, name } = call;
  const object = decodeObject(info, body);
  dropUnknownFields(call, object);
  placeInNamespace(call, object);
  if (!object.metadata.name) throw nameMissing(name);
  if (object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  const exists = machine.storage.table(resourceKey(info)).get(namespace, name) !== undefined;
  const { uid } = object.metadata;
  if (!exists && uid && info.builtin) throw wrongUid(info, placeOf(call), name, uid, '');
  if (!exists && mayCreateOnUpdate(info)) return { stored: createDecoded(machine, call, object), created: true };
  const old = requireStored(machine, call);
  if (!object.metadata.resourceVersion && needsVersion(info)) throw versionMissing(call);
  return { stored: replaceObject(machine, call, old, object), created: false };
}

/**
 * Writes `object`, which becomes the server's, in place of `old`: all that PUT and the patches share. Managed fields
 * are tracked unless the object brings `applied` ones.
 */
export function replaceObject(
  machine: Machine,
  call: Call,
  old: StoredObject,
  object: KubernetesObject,
  { applied = false }: { readonly applied?: boolean } = {},
): StoredObject {
  const { info, subresource } = call;
  const before = old.as(apiVersionOfInfo(info));
  checkPreconditions(call, object, before);
  const now = timestamp(machine.clock.now());
  const updated = prepareUpdate(object, before, { info, subresource, now });
  keepSystemMetadata(updated, before);
  const admitted = admit(machine, call, { object: updated, old: before, applied });
  if (info.hasGeneration && isNewGeneration(admitted, before, info))
    admitted.metadata.generation = (before.metadata.generation ?? 0) + 1;
  return isFinished(admitted) ? finish(machine, call, admitted, old) : storeObject(machine, call, admitted, old);
}

const placeOf = ({ namespace, name }: Call): string => (namespace ? `${namespace}/${name}` : name);

function checkPreconditions(call: Call, { metadata }: KubernetesObject, old: KubernetesObject): void {
  const { info, name } = call;
  if (metadata.uid && metadata.uid !== old.metadata.uid)
    throw wrongUid(info, placeOf(call), name, metadata.uid, old.metadata.uid ?? '');
  const { resourceVersion } = metadata;
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) throw badVersion(resourceVersion);
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw staleVersion(info, name);
}

function keepSystemMetadata(object: KubernetesObject, { metadata: old }: KubernetesObject): void {
  const { selfLink: _, ...given } = object.metadata as KubernetesObject['metadata'] & { selfLink?: string };
  const metadata: Record<string, unknown> = { ...given };
  for (const field of systemFields) {
    if (old[field] === undefined) delete metadata[field];
    else metadata[field] = old[field];
  }
  object.metadata = metadata;
}

const systemFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
] as const;

/** Whether nothing holds an object any more that is being deleted. */
export function isFinished(object: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  const held = (object as { spec?: { finalizers?: unknown[] } }).spec?.finalizers?.length;
  return (
    deletionTimestamp !== undefined &&
    !deletionGracePeriodSeconds &&
    !finalizers?.length &&
    !(object.kind === 'Namespace' && held)
  );
}

function finish(machine: Machine, call: Call, object: KubernetesObject, old: StoredObject): StoredObject {
  if (!call.dryRun) machine.storage.remove(resourceKey(call.info), call.namespace, call.name);
  return new StoredObject(object, old.revision);
}

function badVersion(text: string): StatusError {
  return new StatusError('', `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`, { code: 500 });
}

/** Kubernetes names the resource, not the kind, in this one. */
function versionMissing({ info, name }: Call): Error {
  const message = 'Invalid value: 0x0: must be specified for an update';
  const error = { field: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message };
  return invalidObject({ group: info.group, kind: info.plural }, name, [error]);
}
