import type { ObjectMeta, OwnerReference } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { type FieldError, forbidden, invalid, required, tooLong } from './field-error.ts';
import { isStored } from './json.ts';
import {
  dns1035LabelErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelValueErrors,
  pathSegmentErrors,
  qualifiedNameErrors,
} from './names.ts';

const maxAnnotationBytes = 256 * 1024;

/**
 * What is wrong with an object's metadata, whose fields are known to be of the right types. Its name must be set by
 * now, or `generateName` if the name is still to be made.
 */
export function validateMetadata(metadata: ObjectMeta, info: ResourceInfo): FieldError[] {
  return [
    ...nameErrors(metadata, info),
    ...labelErrors(metadata.labels),
    ...annotationErrors(metadata.annotations),
    ...ownerErrors(metadata.ownerReferences),
    ...finalizerErrors(metadata.finalizers),
    ...(info.builtin && info.group !== 'apiextensions.k8s.io' ? unqualifiedErrors(metadata.finalizers) : []),
  ];
}

/** Who deletes an object waits for the finalizers that are there: no more may come. */
export function validateFinalizers({ finalizers = [] }: ObjectMeta, old: ObjectMeta): FieldError[] {
  const added = finalizers.filter((each) => !old.finalizers?.includes(each));
  if (old.deletionTimestamp === undefined || added.length === 0) return [];
  const list = added.map((each) => JSON.stringify(each)).join(', ');
  const text = 'no new finalizers can be added if the object is being deleted, found new finalizers []string';
  return [forbidden('metadata.finalizers', `${text}{${list}}`)];
}

function nameErrors({ name, generateName, namespace }: ObjectMeta, info: ResourceInfo): FieldError[] {
  const path = 'metadata.name';
  // What is not stored needs no name.
  const ofBase = generateName ? baseErrors(generateName, nameRule(info)) : [];
  if (!name)
    return generateName || !info.verbs.includes('get') ? [] : [required(path, 'name or generateName is required')];
  const errors = [...ofBase, ...nameRule(info)(name).map((problem) => invalid(path, name, problem))];
  if (!info.namespaced && namespace) errors.push(forbidden('metadata.namespace', 'not allowed on this type'));
  return errors;
}

/** A name is made by adding to its base, which may therefore end in a dash. */
function baseErrors(base: string, rule: (name: string) => string[]): FieldError[] {
  return rule(base.replace(/-$/, 'a')).map((problem) => invalid('metadata.generateName', base, problem));
}

function nameRule({ group, kind, builtin }: ResourceInfo): (name: string) => string[] {
  if (!builtin) return dnsSubdomainErrors;
  if (group === 'rbac.authorization.k8s.io' || kind === 'Event') return pathSegmentErrors;
  if (kind === 'Namespace') return dnsLabelErrors;
  return kind === 'Service' ? dns1035LabelErrors : dnsSubdomainErrors;
}

function labelErrors(labels: Record<string, string> = {}): FieldError[] {
  if (isStored(labels)) return [];
  const path = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameErrors(key).map((problem) => invalid(path, key, problem)),
    ...labelValueErrors(value).map((problem) => invalid(path, value, problem)),
  ]);
}

function annotationErrors(annotations: Record<string, string> = {}): FieldError[] {
  if (isStored(annotations)) return [];
  const path = 'metadata.annotations';
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    errors.push(...qualifiedNameErrors(key.toLowerCase()).map((problem) => invalid(path, key, problem)));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) errors.push(tooLong(path, maxAnnotationBytes));
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[] = []): FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((key) => !owner[key])
      .map((key) => invalid(`${path}.${key}`, '', `${key === 'apiVersion' ? 'version' : key} must not be empty`)),
  );
  const controllers = owners.filter((owner) => owner.controller);
  if (controllers.length > 1) {
    const found = controllers.map(({ kind, name }) => `${kind}/${name}`).join(' and ');
    const text = 'Only one reference can have Controller set to true. Found "true" in references for';
    errors.push(invalid(path, owners, `${text} ${found}`));
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[] = []): FieldError[] {
  const path = 'metadata.finalizers';
  return finalizers.flatMap((each) => qualifiedNameErrors(each).map((problem) => invalid(path, each, problem)));
}

/** Finalizers of objects of built-in kinds have a prefix, but for those of Kubernetes' own. */
function unqualifiedErrors(finalizers: readonly string[] = []): FieldError[] {
  const problem = 'name is neither a standard finalizer name nor is it fully qualified';
  return finalizers.flatMap((each, index) =>
    each.includes('/') || standardFinalizers.has(each) ? [] : [invalid(`metadata.finalizers[${index}]`, each, problem)],
  );
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
