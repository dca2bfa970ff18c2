import { type KubernetesObject, StatusError } from '@ebb/api';
import { applyPatch } from '../patch/apply.ts';
import { jsonPatch } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts';
import { invalidObject, required } from '../schema/field-error.ts';
import { isObject } from '../schema/json.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { type Call, type Machine, apiVersionOfInfo, requireStored, shown, timestamp } from './call.ts';
import { createDecoded } from './create.ts';
import { decodeObject, dropUnknownFields } from './decode.ts';
import { badRequest } from './errors.ts';
import { isTrue } from './list-options.ts';
import { type Written, replaceObject } from './update.ts';

/** Kinds of patches by their content type. */
export const patchTypes: Readonly<Record<string, 'json' | 'merge' | 'strategic' | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Patches an object; an apply patch creates it if it is not there. Throws `StatusError`. */
export function patchObject(
  machine: Machine,
  call: Call,
  type: 'json' | 'merge' | 'strategic' | 'apply',
  body: unknown,
): Written {
  if (type === 'apply') return applyObject(machine, call, body);
  const old = requireStored(machine, call);
  const patched = patchedObject(call, type, shown(call, old), body);
  const object = decodeObject(call.info, structuredClone(patched));
  if (object.metadata.name !== call.name) throw nameChanged(call, object);
  dropUnknownFields(call, object);
  return { stored: replaceObject(machine, call, old, object), created: false };
}

/** The result of a patch that is no apply. */
export function patchedObject(
  { info }: Call,
  type: 'json' | 'merge' | 'strategic',
  current: KubernetesObject,
  body: unknown,
): KubernetesObject {
  if (type === 'json') return jsonPatch(current, body);
  if (type === 'merge') return mergePatch(current, body);
  if (!info.builtin) throw unsupportedPatch();
  return strategicMergePatch(current, body, info.schema);
}

/** The refusal of a patch of a kind the resource does not take. */
export function unsupportedPatch(): StatusError {
  const accepted = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

function nameChanged({ info, name }: Call, object: KubernetesObject): StatusError {
  const given = object.metadata.name ?? '';
  if (info.builtin) return badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  const message = `Invalid value: ${JSON.stringify(given)}: field is immutable`;
  return invalidObject(info, name, [{ field: 'metadata.name', reason: 'FieldValueInvalid', message }]);
}

function applyObject(machine: Machine, call: Call, body: unknown): Written {
  const { info, namespace, name, subresource, query } = call;
  if (!query.get('fieldManager')) throw managerMissing();
  const applied = appliedObject(call, body);
  const live = machine.storage.table(resourceKey(info)).get(namespace, name);
  if (!live && (subresource !== '' || applied.metadata.uid)) requireStored(machine, call);
  const object = structuredClone(
    applyPatch({
      ...(live ? { live: shown(call, live) } : {}),
      applied,
      schema: info.schema,
      manager: call.manager,
      force: isTrue(query.get('force')),
      apiVersion: apiVersionOfInfo(info),
      ...(subresource === '' ? {} : { subresource }),
      now: timestamp(machine.clock.now()),
    }),
  );
  if (!live) return { stored: createDecoded(machine, call, object, { applied: true }), created: true };
  return { stored: replaceObject(machine, call, live, object, { applied: true }), created: false };
}

/** What is applied, without the part that the endpoint does not write. */
function appliedObject(call: Call, body: unknown): KubernetesObject {
  const { info, namespace, name, subresource } = call;
  if (!isObject(body)) throw badRequest('error decoding YAML: the configuration is no object');
  const object = decodeObject(info, body);
  dropUnknownFields(call, object);
  if (object.metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  if (object.metadata.name && object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  object.metadata.name = name;
  if (info.namespaced) object.metadata.namespace ??= namespace;
  if (object.metadata.namespace && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (subresource === '' && info.status) delete (object as { status?: unknown }).status;
  return object;
}

function managerMissing(): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    required('fieldManager', 'is required for apply patch'),
  ]);
}
