import { isDeepStrictEqual } from 'node:util';
import type { AdmissionRequest, CustomResourceDefinition, KubernetesObject, ManagedFieldsEntry } from '@ebb/api';
import { completeBuiltin } from '../builtin/complete.ts';
import { emptyKind } from '../builtin/empty-object.ts';
import { trackUpdate } from '../patch/managed-fields.ts';
import { applyDefaults } from '../schema/default.ts';
import { invalidObject } from '../schema/field-error.ts';
import { validateCrd } from '../schema/validate-crd.ts';
import type { JsonObject } from '../schema/json.ts';
import { validateSchema } from '../schema/validate.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, apiVersionOfInfo, timestamp } from './call.ts';
import { setLimitDefaults } from './limit-range.ts';
import { isCrd } from './strategy.ts';

interface Admittee {
  readonly object: KubernetesObject;
  /** As stored; absent on create. */
  readonly old?: KubernetesObject;
  readonly applied: boolean;
}

/**
 * Defaults, admits and validates an object about to be written, and tracks its managed fields unless it brings `applied`
 * ones. What admission sets has no owner, so that no writer takes it away by leaving it out. Throws `StatusError` when the
 * object is refused.
 */
export function admit(machine: Machine, call: Call, { object, old, applied }: Admittee): KubernetesObject {
  const { info, subresource, userName, dryRun } = call;
  applyDefaults(object, info);
  if (!applied) object.metadata.managedFields = managedFieldsAfter(machine, call, object, old);
  const { managedFields } = object.metadata;
  if (!old) setLimitDefaults(machine, call, object);
  if (!old) machine.templates.complete(object);
  if (info.builtin) completeBuiltin(object as unknown as JsonObject, info, old as unknown as JsonObject | undefined);
  const request: AdmissionRequest = {
    operation: old ? 'UPDATE' : 'CREATE',
    group: info.group,
    version: info.version,
    kind: info.kind,
    subresource,
    object,
    ...(old ? { oldObject: old } : {}),
    userName,
    dryRun,
  };
  const admitted = machine.admission.mutate(request);
  validate(call, admitted, old);
  call.warnings.push(...machine.admission.validate({ ...request, object: admitted }).warnings);
  if (managedFields?.length) admitted.metadata.managedFields = managedFields;
  else delete admitted.metadata.managedFields;
  return admitted;
}

function validate({ info }: Call, object: KubernetesObject, old: KubernetesObject | undefined): void {
  const errors = validateSchema(object, info, old);
  if (errors.length > 0) throw invalidObject(info, object.metadata.name ?? '', errors);
  if (isCrd(info)) validateCrd(object as CustomResourceDefinition);
}

/** The managed fields after a write by the call's manager. */
function managedFieldsAfter(
  machine: Machine,
  { info, manager, subresource }: Call,
  updated: KubernetesObject,
  old?: KubernetesObject,
): ManagedFieldsEntry[] {
  return trackUpdate({
    ...(old ? { old } : {}),
    updated,
    schema: info.schema,
    ...(info.builtin ? { empty: emptyKind(info) } : {}),
    manager,
    apiVersion: apiVersionOfInfo(info),
    ...(subresource === '' ? {} : { subresource }),
    now: timestamp(machine.clock.now()),
  });
}

/** Stores the object; a dry run and a write that changes nothing only return what would be there. */
export function storeObject(machine: Machine, call: Call, object: KubernetesObject, old?: StoredObject): StoredObject {
  if (call.info.builtin && call.info.kind === 'Service') machine.addresses.assign(object, call);
  if (old && isSame(object, old.as(apiVersionOfInfo(call.info)))) return old;
  if (call.dryRun) return new StoredObject(withVersion(object, old?.revision), old?.revision ?? 0);
  return machine.storage.put(resourceKey(call.info), object);
}

function withVersion({ metadata, ...rest }: KubernetesObject, revision: number | undefined): KubernetesObject {
  const { resourceVersion: _, ...kept } = metadata;
  return { ...rest, metadata: { ...kept, ...(revision === undefined ? {} : { resourceVersion: String(revision) }) } };
}

/** Whether a write would change nothing but the times of managed fields. */
function isSame(object: KubernetesObject, old: KubernetesObject): boolean {
  return isDeepStrictEqual(comparable(object), comparable(old));
}

function comparable({ metadata, ...rest }: KubernetesObject): object {
  const { resourceVersion: _, managedFields, ...kept } = metadata;
  const fields = managedFields?.map(({ time: _time, ...entry }) => entry);
  return { ...rest, metadata: fields?.length ? { ...kept, managedFields: fields } : kept };
}
