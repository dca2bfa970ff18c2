import { type KubernetesObject, StatusError } from '@ebb/api';
import { applyPatch } from '../patch/apply.ts';
import { jsonPatch } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicMergePatch } from '../patch/strategic-merge-patch.ts';
import { invalid, invalidObject, required } from '../schema/field-error.ts';
import { isObject, objectOf, stringOf } from '../schema/json.ts';
import { pruneUnknown } from '../schema/prune.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { type Call, type Machine, apiVersionOfInfo, requireStored, shown, timestamp } from './call.ts';
import { createDecoded } from './create.ts';
import { decodeObject, dropUnknownFields } from './decode.ts';
import { badRequest, conflict, nameMissing } from './errors.ts';
import { isTrue } from './list-options.ts';
import { placeInNamespace } from './namespaces.ts';
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
  const object = decodePatched(call, patched);
  if (object.metadata.name !== call.name) throw nameChanged(call, object);
  placeInNamespace(call, object);
  const { uid } = object.metadata;
  if (uid && uid !== old.uid)
    throw invalidObject(call.info, call.name, [invalid('metadata.uid', uid, 'field is immutable')]);
  return { stored: replaceObject(machine, call, old, object), created: false };
}

/** What a patch leads to, or the refusal that names the patch as what is wrong. */
function decodePatched(call: Call, patched: KubernetesObject): KubernetesObject {
  try {
    const object = decodeObject(call.info, keepsStored(call) ? patched : structuredClone(patched));
    dropUnknownFields(call, object);
    return object;
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'BadRequest') throw error;
    const problem = error.message.replace(/^.*? cannot be handled as an? \w+: /, '');
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), problem)]);
  }
}

/**
 * True if what the patch leaves alone may stay shared with the stored object: of built-in kinds a status is written beside a
 * spec that nothing touches. Elsewhere defaults and addresses are set in place, and schemas may have changed.
 */
function keepsStored({ info, subresource, fieldValidation }: Call): boolean {
  return info.builtin && subresource === 'status' && fieldValidation === 'Ignore';
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
  if (!live && !isNamed(body)) throw nameMissing(name);
  if (!live && subresource !== '') requireStored(machine, call);
  if (!live && applied.metadata.uid) throw noSuchUid(call, applied.metadata.uid);
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
  if (!body['kind'] || !body['apiVersion']) throw badRequest(`invalid object type: ${typeOf(body)}`);
  const object = decodeObject(info, body);
  const [unknown] = pruneUnknown(object, info);
  if (unknown !== undefined) throw untyped(call, object, `.${unknown}: field not declared in schema`);
  if (object.metadata.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  if (object.metadata.name && object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  object.metadata.name ??= name;
  if (info.namespaced) object.metadata.namespace ??= namespace;
  if (object.metadata.namespace && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (subresource === '' && info.status) delete (object as { status?: unknown }).status;
  return object;
}

function isNamed(body: unknown): boolean {
  return stringOf(objectOf(objectOf(body)['metadata'])['name']) !== '';
}

/** What is applied must fit its kind to the letter, whatever `fieldValidation` says: each field gets an owner. */
function untyped({ info }: Call, { metadata }: KubernetesObject, problem: string): StatusError {
  const type = typeOf({ apiVersion: apiVersionOfInfo(info), kind: info.kind });
  const text = `failed to create typed patch object (${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${type}): ${problem}`;
  return new StatusError('', text, { code: 500 });
}

/** The type of an object in the words of Go. */
function typeOf({ apiVersion, kind }: Record<string, unknown>): string {
  const version = stringOf(apiVersion);
  return `${version.includes('/') ? version : `/${version}`}, Kind=${stringOf(kind)}`;
}

function noSuchUid({ info, name }: Call, uid: string): StatusError {
  return conflict(
    info,
    name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}

function managerMissing(): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    required('fieldManager', 'is required for apply patch'),
  ]);
}
