import { randomUUID } from 'node:crypto';
import { type KubernetesObject, StatusError } from '@ebb/api';
import { resourceKey } from '../store/stored-pair.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, timestamp } from './call.ts';
import { decodeObject, dropUnknownFields } from './decode.ts';
import { alreadyExists, badRequest, methodNotAllowed, notMade } from './errors.ts';
import { requireLimits } from './limit-range.ts';
import { generateName } from './names.ts';
import { placeInNamespace, requireOpenNamespace } from './namespaces.ts';
import { requireQuota } from './quota.ts';
import { prepareCreate } from './strategy.ts';
import { admit, storeObject } from './write.ts';

const maxNameAttempts = 8;

/** Creates the object of a request's body. Throws `StatusError`. */
export function createObject(machine: Machine, call: Call, body: unknown): StoredObject {
  const object = decodeObject(call.info, body);
  dropUnknownFields(call, object);
  return createDecoded(machine, call, object);
}

/** Creates an object, which becomes the server's, whose managed fields are tracked unless it brings `applied` ones. */
export function createDecoded(
  machine: Machine,
  call: Call,
  object: KubernetesObject,
  { applied = false }: { readonly applied?: boolean } = {},
): StoredObject {
  const { info } = call;
  if (!info.verbs.includes('create')) throw notMade(info);
  const now = timestamp(machine.clock.now());
  placeInNamespace(call, object);
  if (call.name !== '' && object.metadata.name && object.metadata.name !== call.name)
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${call.name})`,
    );
  if (object.metadata.resourceVersion)
    throw new StatusError('', 'resourceVersion should not be set on objects to be created', { code: 500 });
  requireOpenNamespace(machine, call, object.metadata.name ?? '');
  if (machine.registry.isTerminating(info)) throw methodNotAllowed();
  chooseName(machine, call, object);
  prepareCreate(object, info, now);
  fillMetadata(object, info.hasGeneration, now);
  const admitted = admit(machine, call, { object, applied });
  requireFree(machine, call, admitted);
  requireLimits(machine, call, admitted);
  requireQuota(machine, call, admitted);
  return storeObject(machine, call, admitted);
}

function chooseName({ storage }: Machine, { info, namespace }: Call, { metadata }: KubernetesObject): void {
  if (metadata.name || !metadata.generateName) return;
  const table = storage.table(resourceKey(info));
  for (let attempt = 0; attempt < maxNameAttempts; attempt++) {
    metadata.name = generateName(metadata.generateName);
    if (!table.get(namespace, metadata.name)) return;
  }
}

function fillMetadata(object: KubernetesObject, hasGeneration: boolean, now: string): void {
  const {
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    generation: _n,
    resourceVersion: _r,
    ...given
  } = object.metadata;
  delete (given as Record<string, unknown>)['selfLink'];
  object.metadata = {
    ...given,
    uid: randomUUID(),
    creationTimestamp: now,
    ...(hasGeneration ? { generation: 1 } : {}),
  };
}

function requireFree({ storage }: Machine, { info, namespace }: Call, { metadata }: KubernetesObject): void {
  const name = metadata.name ?? '';
  const existing = storage.table(resourceKey(info)).get(namespace, name);
  if (!existing) return;
  const error = alreadyExists(info, name);
  if (existing.object.metadata.deletionTimestamp === undefined) throw error;
  throw new StatusError('AlreadyExists', `object is being deleted: ${error.message}`, { details: error.details });
}
