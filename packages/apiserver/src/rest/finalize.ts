import type { Namespace } from '@ebb/api';
import type { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, requireStored } from './call.ts';
import { decodeObject } from './decode.ts';
import { replaceObject } from './update.ts';

/** Writes the finalizers in the spec of a namespace; a terminating one goes when none is left. */
export function finalizeNamespace(machine: Machine, call: Call, body: unknown): StoredObject {
  const stored = requireStored(machine, call);
  const { spec } = decodeObject(call.info, body) as Namespace;
  const object = structuredClone(stored.object) as Namespace;
  object.spec = { ...object.spec, finalizers: spec?.finalizers ?? [] };
  return replaceObject(machine, call, stored, object);
}
