import type { ResourceInfo } from '../resource-info.ts';
import { type FieldError, invalid, notSupported, required, tooLong } from '../schema/field-error.ts';
import { type JsonObject, isStored, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { configKeyErrors, dnsSubdomainErrors } from '../schema/names.ts';
import { enumOf, isSet } from './rules.ts';
import { secretErrors } from './validate-secret.ts';
import { validatePodSpec } from './validate-pod.ts';
import { validateService } from './validate-service.ts';

const maxDataBytes = 1024 * 1024;

/**
 * What is wrong, after defaulting, with an object of a built-in kind whose fields are known to be of the right types:
 * the main rules of kube-apiserver, in its words.
 */
export function validateBuiltin(object: JsonObject, { kind }: Pick<ResourceInfo, 'kind'>): FieldError[] {
  return Object.hasOwn(validators, kind) ? (validators[kind]?.(object) ?? []) : [];
}

const validators: Record<string, (object: JsonObject) => FieldError[]> = {
  Pod: ({ spec }) => (isStored(spec) ? [] : validatePodSpec(objectOf(spec), 'spec')),
  Service: validateService,
  ConfigMap: (object) => [...dataErrors(object, 'data'), ...dataErrors(object, 'binaryData'), ...overlap(object)],
  Secret: (object) => [...dataErrors(object, 'data'), ...secretErrors(object)],
  Lease: validateLease,
  Event: validateEvent,
  Role: ruleErrors,
  ClusterRole: ruleErrors,
  RoleBinding: (object) => bindingErrors(object, ['Role', 'ClusterRole']),
  ClusterRoleBinding: (object) => bindingErrors(object, ['ClusterRole']),
  PersistentVolumeClaim: validateClaim,
  StorageClass: (object) => (isSet(object['provisioner']) ? [] : [required('provisioner')]),
  HorizontalPodAutoscaler: validateHorizontalPodAutoscaler,
  EndpointSlice: (object) => enumOf(object, 'addressType', '', ['FQDN', 'IPv4', 'IPv6'], { needed: true }),
};

function dataErrors(object: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(objectOf(object[field]))) {
    errors.push(...configKeyErrors(key).map((problem) => invalid(`${field}[${key}]`, key, problem)));
    bytes += Buffer.byteLength(stringOf(value));
  }
  if (bytes > maxDataBytes) errors.push(tooLong(field, maxDataBytes));
  return errors;
}

function overlap({ data, binaryData }: JsonObject): FieldError[] {
  return Object.keys(objectOf(binaryData))
    .filter((key) => Object.hasOwn(objectOf(data), key))
    .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
}

function validateLease({ spec }: JsonObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = objectOf(spec);
  const errors: FieldError[] = [];
  if (duration !== undefined && Number(duration) <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  if (transitions !== undefined && Number(transitions) < 0)
    errors.push(invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  return errors;
}

function validateEvent({ involvedObject, metadata }: JsonObject): FieldError[] {
  const of = stringOf(objectOf(involvedObject)['namespace']);
  const namespace = stringOf(objectOf(metadata)['namespace']);
  // Events about cluster-scoped objects live in the default namespace.
  if (of === namespace || (of === '' && namespace === 'default')) return [];
  return [invalid('involvedObject.namespace', of, 'does not match event.namespace')];
}

function ruleErrors({ rules }: JsonObject): FieldError[] {
  return objectsOf(rules).flatMap((rule, index) => {
    const path = `rules[${index}]`;
    if (!isSet(rule['verbs'])) return [required(`${path}.verbs`, 'verbs must contain at least one value')];
    if (isSet(rule['nonResourceURLs'])) return [];
    const errors: FieldError[] = [];
    if (!isSet(rule['apiGroups']))
      errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!isSet(rule['resources']))
      errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}

function bindingErrors({ roleRef, subjects }: JsonObject, kinds: readonly string[]): FieldError[] {
  const { kind, name } = objectOf(roleRef);
  const errors: FieldError[] = [];
  if (!kinds.includes(stringOf(kind))) errors.push(notSupported('roleRef.kind', kind ?? '', kinds));
  if (!isSet(name)) errors.push(required('roleRef.name'));
  for (const [index, subject] of objectsOf(subjects).entries()) {
    const path = `subjects[${index}]`;
    if (!isSet(subject['name'])) errors.push(required(`${path}.name`));
    const of = stringOf(subject['kind']);
    if (!['ServiceAccount', 'User', 'Group'].includes(of))
      errors.push(notSupported(`${path}.kind`, of, ['ServiceAccount', 'User', 'Group']));
    if (of === 'ServiceAccount' && !isSet(subject['namespace'])) errors.push(required(`${path}.namespace`));
  }
  return errors;
}

function validateClaim({ spec }: JsonObject): FieldError[] {
  const claim = objectOf(spec);
  const errors: FieldError[] = [];
  if (!isSet(claim['accessModes'])) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  const storage = objectOf(objectOf(claim['resources'])['requests'])['storage'];
  if (storage === undefined) errors.push(required('spec.resources[storage]'));
  const name = stringOf(claim['storageClassName']);
  if (name !== '')
    errors.push(...dnsSubdomainErrors(name).map((problem) => invalid('spec.storageClassName', name, problem)));
  return errors;
}

function validateHorizontalPodAutoscaler(object: JsonObject): FieldError[] {
  const { minReplicas, maxReplicas, scaleTargetRef } = objectOf(object['spec']);
  const target = objectOf(scaleTargetRef);
  const errors = ['kind', 'name']
    .filter((field) => !isSet(target[field]))
    .map((field) => required(`spec.scaleTargetRef.${field}`));
  const [least, most] = [Number(minReplicas ?? 1), Number(maxReplicas ?? 0)];
  if (least < 1) errors.push(invalid('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most < 1) errors.push(invalid('spec.maxReplicas', most, 'must be greater than 0'));
  else if (most < least)
    errors.push(invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'));
  return errors;
}
