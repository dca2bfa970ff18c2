import { isDeepStrictEqual } from 'node:util';
import type { CustomResourceDefinition, KubernetesObject, Namespace, Pod } from '@ebb/api';
import { objectOf } from '../schema/json.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { establishCrd } from './crd-status.ts';

type PodStatus = NonNullable<Pod['status']>;
type PodCondition = NonNullable<PodStatus['conditions']>[number];
type Fields = KubernetesObject & { spec?: unknown; status?: unknown };

/** Kinds that PUT may create. */
const createdByUpdate = new Set(['events', 'endpoints', 'leases.coordination.k8s.io', 'limitranges']);

/** Built-in kinds that PUT changes only with a resourceVersion; custom resources are all like that. */
const conditionalOnly = new Set(['leases.coordination.k8s.io', 'customresourcedefinitions.apiextensions.k8s.io']);

/** Kinds whose DELETE answers with the object instead of a Status. */
const returnedOnDelete = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
]);

export const mayCreateOnUpdate = (info: ResourceInfo): boolean => createdByUpdate.has(resourceKey(info));
export const needsVersion = (info: ResourceInfo): boolean => !info.builtin || conditionalOnly.has(resourceKey(info));
export const returnsDeleted = (info: ResourceInfo): boolean => returnedOnDelete.has(resourceKey(info));

/** Takes out, in place, what a client may not set when it creates an object. */
export function prepareCreate(object: KubernetesObject, info: ResourceInfo, now: string): void {
  const fields = object as Fields;
  // A kubelet registers its node together with its status.
  if (info.status && info.kind !== 'Node') delete fields.status;
  if (!info.builtin) return;
  if (info.kind === 'Namespace') {
    (fields as Namespace).spec = { finalizers: ['kubernetes'] };
    (fields as Namespace).status = { phase: 'Active' };
  }
  if (info.kind === 'Pod') gateScheduling(object as Pod, now);
  if (isCrd(info)) establishCrd(object as CustomResourceDefinition, undefined, now);
}

/** Says of a new pod with scheduling gates why it is not scheduled. */
function gateScheduling(pod: Pod, now: string): void {
  const { schedulingGates } = objectOf(pod.spec);
  if (!Array.isArray(schedulingGates) || schedulingGates.length === 0) return;
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  pod.status = scheduled({}, { status: 'False', lastTransitionTime: now, reason: 'SchedulingGated', message });
}

/** A pod's status with the condition that says whether it has a node. */
export function scheduled(status: PodStatus, condition: Omit<PodCondition, 'type'>): PodStatus {
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  return { ...status, conditions: [...others, { type: 'PodScheduled', ...condition }] };
}

/** The object that an update through `subresource` leads to: what may not change there comes from `old`. */
export function prepareUpdate(
  object: KubernetesObject,
  old: KubernetesObject,
  { info, subresource, now }: { readonly info: ResourceInfo; readonly subresource: string; readonly now: string },
): KubernetesObject {
  if (subresource === 'status') return withStatus(object, old, info);
  const { status: _, ...rest } = object as Fields;
  const { status } = old as Fields;
  const updated = info.status ? { ...rest, ...(status === undefined ? {} : { status }) } : object;
  if (info.builtin && info.kind === 'Namespace' && subresource === '')
    return { ...updated, ...('spec' in old ? { spec: old.spec } : {}) };
  if (isCrd(info)) establishCrd(updated as CustomResourceDefinition, old as CustomResourceDefinition, now);
  return updated;
}

function withStatus(object: KubernetesObject, old: KubernetesObject, info: ResourceInfo): KubernetesObject {
  const { status: _, metadata, ...kept } = old as Fields;
  const { status } = object as Fields;
  const { managedFields, resourceVersion } = object.metadata;
  const changed = { ...kept, ...(status === undefined ? {} : { status }) };
  if (!info.builtin) {
    const versions = { ...(managedFields ? { managedFields } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    return { ...changed, metadata: { ...metadata, ...versions } };
  }
  if (info.kind !== 'Pod') return { ...changed, metadata: object.metadata };
  const { ownerReferences: _o, ...given } = object.metadata;
  const { ownerReferences } = metadata;
  return { ...changed, metadata: { ...given, ...(ownerReferences ? { ownerReferences } : {}) } };
}

/** Whether two versions differ in what `metadata.generation` counts. */
export function isNewGeneration(object: KubernetesObject, old: KubernetesObject, info: ResourceInfo): boolean {
  const counted = (each: Fields): object => {
    const { apiVersion: _a, kind: _k, metadata: _m, status, ...rest } = each;
    return info.status || info.builtin ? rest : { ...rest, status };
  };
  return !isDeepStrictEqual(counted(object), counted(old));
}

/** Seconds a pod may take to stop; `undefined` for whatever goes at once. */
export function gracePeriodOf(
  object: KubernetesObject,
  info: ResourceInfo,
  asked: number | undefined,
): number | undefined {
  if (!info.builtin || info.kind !== 'Pod') return undefined;
  const { spec, status } = object as Pod;
  if (!spec.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return asked ?? spec.terminationGracePeriodSeconds ?? 30;
}

export const isCrd = (info: ResourceInfo): boolean =>
  info.builtin && info.kind === 'CustomResourceDefinition' && info.group === 'apiextensions.k8s.io';
