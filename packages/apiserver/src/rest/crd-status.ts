import type { CustomResourceDefinition } from '@ebb/api';

/** Finalizer that holds a CRD until its objects are gone. */
export const crdFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Completes a CRD, in place: names left out, the finalizer, and the status that says it is served. */
export function establishCrd(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  now: string,
): void {
  // What the validation is about to refuse is left alone.
  if (typeof crd.spec?.names?.kind !== 'string' || !Array.isArray(crd.spec.versions)) return;
  const { names } = crd.spec;
  names.singular ||= names.kind.toLowerCase();
  names.listKind ||= `${names.kind}List`;
  if (!old) crd.metadata.finalizers = [...new Set([...(crd.metadata.finalizers ?? []), crdFinalizer])];
  crd.status = {
    ...old?.status,
    acceptedNames: names,
    conditions: old?.status?.['conditions'] ?? acceptedConditions(now),
    storedVersions: storedVersions(crd, old),
  };
}

function acceptedConditions(now: string): object[] {
  return [
    {
      type: 'NamesAccepted',
      status: 'True',
      lastTransitionTime: now,
      reason: 'NoConflicts',
      message: 'no conflicts found',
    },
    {
      type: 'Established',
      status: 'True',
      lastTransitionTime: now,
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ];
}

function storedVersions(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined): unknown[] {
  const before = old?.status?.['storedVersions'];
  const now = crd.spec.versions.filter((version) => version?.storage).map((version) => version.name);
  return [...new Set([...(Array.isArray(before) ? (before as unknown[]) : []), ...now])];
}
