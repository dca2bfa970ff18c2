import type { KubernetesObject, Namespace, Status } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { StoredObject } from '../store/stored-object.ts';
import { type Call, type Machine, requireStored, timestamp } from './call.ts';
import type { DeleteOptions, PropagationPolicy } from './delete-options.ts';
import { conflict, forbidden } from './errors.ts';
import { gracePeriodOf, returnsDeleted } from './strategy.ts';

/** What became of a deletion: the object, while something holds it or its kind answers so; else a Status. */
export type Deleted = { readonly stored: StoredObject } | { readonly status: Status };

/** Namespaces that the server itself needs. */
const immortalNamespaces = new Set(['default', 'kube-system', 'kube-public']);

/** Deletes an object, or begins to where a finalizer or a grace period holds it. Throws `StatusError`. */
export function deleteObject(machine: Machine, call: Call, options: DeleteOptions): Deleted {
  const { info, name } = call;
  const stored = requireStored(machine, call);
  if (info.builtin && info.kind === 'Namespace' && immortalNamespaces.has(name))
    throw forbidden(info, name, 'this namespace may not be deleted');
  checkPreconditions(info, stored, options);
  const held = holdObject(stored.object, info, options, machine.clock.now());
  if (held === 'unchanged') return { stored };
  if (held !== undefined)
    return { stored: options.dryRun ? new StoredObject(held, stored.revision) : put(machine, info, held) };
  if (!options.dryRun) machine.storage.remove(resourceKey(info), stored.namespace, stored.name);
  if (!returnsDeleted(info)) return { status: deletedStatus(info, stored) };
  return { stored: info.kind === 'Pod' ? marked(stored, machine.clock.now()) : stored };
}

/** A pod that goes at once is shown with the time of its deletion. */
function marked(stored: StoredObject, nowMs: number): StoredObject {
  const hold = { graceSeconds: 0, finalizers: [], namespaceHeld: false, nowMs };
  const { deletionTimestamp } = stored.object.metadata;
  if (deletionTimestamp === undefined) return new StoredObject(markDeleted(stored.object, hold), stored.revision);
  const metadata = { ...stored.object.metadata, deletionGracePeriodSeconds: 0 };
  return new StoredObject({ ...stored.object, metadata }, stored.revision);
}

function put(machine: Machine, info: ResourceInfo, object: KubernetesObject): StoredObject {
  return machine.storage.put(resourceKey(info), object);
}

function checkPreconditions(info: ResourceInfo, { object, name }: StoredObject, asked: DeleteOptions): void {
  const { uid = '', resourceVersion = '' } = object.metadata;
  const kind = { group: info.group, plural: info.kind };
  if (asked.uid !== undefined && asked.uid !== uid)
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${asked.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (asked.resourceVersion !== undefined && asked.resourceVersion !== resourceVersion)
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${asked.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
}

/** The object as it stays while it is being deleted; `undefined` if nothing holds it. */
function holdObject(
  object: KubernetesObject,
  info: ResourceInfo,
  options: DeleteOptions,
  nowMs: number,
): KubernetesObject | 'unchanged' | undefined {
  const finalizers = finalizersAfter(object.metadata.finalizers ?? [], options.propagationPolicy);
  const namespaceHeld = info.builtin && info.kind === 'Namespace' && !!(object as Namespace).spec?.finalizers?.length;
  const graceSeconds = gracePeriodOf(object, info, options.gracePeriodSeconds);
  if (object.metadata.deletionTimestamp !== undefined)
    return shorten(object, { graceSeconds, finalizers, namespaceHeld });
  if (!graceSeconds && finalizers.length === 0 && !namespaceHeld) return undefined;
  return markDeleted(object, { graceSeconds: graceSeconds ?? 0, finalizers, namespaceHeld, nowMs });
}

/** `orphan` and `foregroundDeletion` follow from the policy; with none given, those that are there stay. */
function finalizersAfter(finalizers: readonly string[], policy: PropagationPolicy | undefined): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

interface Hold {
  readonly graceSeconds: number | undefined;
  readonly finalizers: string[];
  readonly namespaceHeld: boolean;
}

/** A further deletion of an object that is going already: its grace may only become shorter. */
function shorten(object: KubernetesObject, hold: Hold): KubernetesObject | 'unchanged' | undefined {
  const { metadata } = object;
  const current = metadata.deletionGracePeriodSeconds ?? 0;
  const asked = hold.graceSeconds ?? 0;
  if (current === 0 || asked >= current) {
    const held = current > 0 || hold.namespaceHeld || (metadata.finalizers?.length ?? 0) > 0;
    return held ? 'unchanged' : undefined;
  }
  if (asked === 0 && hold.finalizers.length === 0) return undefined;
  const deadlineMs = Date.parse(metadata.deletionTimestamp ?? '') + (asked - current) * 1000;
  return {
    ...object,
    metadata: { ...metadata, deletionTimestamp: timestamp(deadlineMs), deletionGracePeriodSeconds: asked },
  };
}

function markDeleted(object: KubernetesObject, hold: Hold & { graceSeconds: number; nowMs: number }): KubernetesObject {
  const { finalizers: _, generation, ...metadata } = object.metadata;
  const terminating = hold.namespaceHeld ? { status: { ...(object as Namespace).status, phase: 'Terminating' } } : {};
  return {
    ...object,
    ...terminating,
    metadata: {
      ...metadata,
      ...(generation ? { generation: generation + 1 } : {}),
      ...(hold.finalizers.length > 0 ? { finalizers: hold.finalizers } : {}),
      deletionTimestamp: timestamp(hold.nowMs + hold.graceSeconds * 1000),
      // A namespace waits for its content, not for a time.
      ...(hold.namespaceHeld ? {} : { deletionGracePeriodSeconds: hold.graceSeconds }),
    },
  };
}

function deletedStatus({ group, plural }: ResourceInfo, { name, uid }: StoredObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: plural, uid },
  };
}
