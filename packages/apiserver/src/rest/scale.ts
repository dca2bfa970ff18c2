import { type KubernetesObject, StatusError } from '@ebb/api';
import { jsonPatch } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { invalid, invalidObject } from '../schema/field-error.ts';
import { isObject, numberOf, objectOf, stringOf } from '../schema/json.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, requireStored, shown } from './call.ts';
import { badRequest } from './errors.ts';
import { unsupportedPatch } from './patch.ts';
import { replaceObject } from './update.ts';

/** `autoscaling/v1 Scale`. */
interface Scale extends KubernetesObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

/** As `scaleOf`; throws a `StatusError` where the object does not say how many replicas are wanted. */
export function requireScale(info: ResourceInfo, stored: StoredObject): Scale {
  const path = info.scale?.specReplicasPath ?? '';
  if (numberOf(valueAt(stored.object, keysOf(path))) === undefined)
    throw new StatusError('InternalError', `Internal error occurred: the spec replicas field "${path}" does not exist`);
  return scaleOf(info, stored);
}

/** The `autoscaling/v1 Scale` of an object, read from where its CRD says. */
function scaleOf({ scale }: ResourceInfo, { object }: StoredObject): Scale {
  const { name = '', namespace, uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata;
  const read = (path: string | undefined): unknown => (path === undefined ? undefined : valueAt(object, keysOf(path)));
  const replicas = numberOf(read(scale?.specReplicasPath)) ?? 0;
  const selector = read(scale?.labelSelectorPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberOf(read(scale?.statusReplicasPath)) ?? 0,
      ...(typeof selector === 'string' ? { selector } : {}),
    },
  };
}

/** Writes the replicas of a Scale into its object; returns the Scale as it is then. */
export function updateScale(machine: Machine, call: Call, body: unknown): Scale {
  const { info, name } = call;
  const old = requireStored(machine, call);
  const given = parseScale(call, body);
  const object = structuredClone(shown(call, old));
  setAt(object as unknown as Record<string, unknown>, keysOf(info.scale?.specReplicasPath ?? ''), given.replicas);
  const { resourceVersion, uid } = given;
  object.metadata = {
    ...object.metadata,
    resourceVersion: resourceVersion ?? old.object.metadata.resourceVersion ?? '',
  };
  if (uid) object.metadata.uid = uid;
  if (given.name !== undefined && given.name !== name)
    throw badRequest(`the name of the object (${given.name}) does not match the name on the URL (${name})`);
  return scaleOf(info, replaceObject(machine, call, old, object));
}

/** Patches the Scale of an object, with a JSON or merge patch. */
export function patchScale(machine: Machine, call: Call, type: string | undefined, patch: unknown): Scale {
  const current = scaleOf(call.info, requireStored(machine, call));
  if (type === 'json') return updateScale(machine, call, jsonPatch(current, patch));
  if (type === 'merge') return updateScale(machine, call, mergePatch(current, patch));
  throw unsupportedPatch();
}

interface GivenScale {
  readonly replicas: number;
  readonly name: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly uid: string | undefined;
}

function parseScale({ info, name }: Call, body: unknown): GivenScale {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  if (body['kind'] !== undefined && body['kind'] !== 'Scale')
    throw badRequest(`${stringOf(body['kind'])} cannot be handled as a Scale`);
  const metadata = objectOf(body['metadata']);
  const replicas = objectOf(body['spec'])['replicas'] ?? 0;
  if (!Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas is no integer');
  if (Number(replicas) < 0)
    throw invalidObject(info, name, [
      invalid(info.scale?.specReplicasPath ?? '', replicas, 'should be a non-negative integer'),
    ]);
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    replicas: Number(replicas),
    name: text(metadata['name']),
    resourceVersion: text(metadata['resourceVersion']),
    uid: text(metadata['uid']),
  };
}

function keysOf(path: string): string[] {
  return path.split('.').filter((key) => key !== '');
}

function valueAt(object: unknown, keys: readonly string[]): unknown {
  let value = object;
  for (const key of keys) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function setAt(object: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const last = keys.at(-1);
  let parent = object;
  for (const key of keys.slice(0, -1)) {
    const child = objectOf(parent[key]);
    parent[key] = child;
    parent = child;
  }
  if (last !== undefined) parent[last] = value;
}
