import { isDeepStrictEqual } from 'node:util';
import type { ResourceInfo } from '../resource-info.ts';
import { type FieldError, forbidden, invalid } from '../schema/field-error.ts';
import { type JsonObject, objectOf, objectsOf } from '../schema/json.ts';

type Rule = (object: JsonObject, old: JsonObject) => FieldError[];

/** What a change of a built-in kind does that it may not do, in the words of kube-apiserver. */
export function validateBuiltinUpdate(
  object: JsonObject,
  old: JsonObject,
  { kind }: Pick<ResourceInfo, 'kind'>,
): FieldError[] {
  return Object.hasOwn(rules, kind) ? (rules[kind]?.(object, old) ?? []) : [];
}

const rules: Record<string, Rule> = {
  ConfigMap: (object, old) => keepsData(object, old, ['data', 'binaryData']),
  Secret: (object, old) => [...keepsData(object, old, ['data']), ...immutable(object, old, 'type')],
  Pod: keepsPodSpec,
  Service: keepsClusterIp,
  RoleBinding: keepsRole,
  ClusterRoleBinding: keepsRole,
  EndpointSlice: (object, old) => immutable(object, old, 'addressType'),
  PriorityClass: (object, old) => frozen(object, old, ['value'], () => 'may not be changed in an update.'),
  StorageClass: (object, old) =>
    frozen(object, old, ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'], (field) =>
      field === 'volumeBindingMode' ? 'field is immutable' : `updates to ${field} are forbidden.`,
    ),
  CustomResourceDefinition: (object, old) => [
    ...immutable(objectOf(object['spec']), objectOf(old['spec']), 'group', 'spec'),
    ...immutable(objectOf(object['spec']), objectOf(old['spec']), 'scope', 'spec'),
    ...immutable(namesOf(object), namesOf(old), 'plural', 'spec.names'),
    ...immutable(namesOf(object), namesOf(old), 'kind', 'spec.names'),
  ],
};

function namesOf({ spec }: JsonObject): JsonObject {
  return objectOf(objectOf(spec)['names']);
}

function immutable(object: JsonObject, old: JsonObject, field: string, path?: string): FieldError[] {
  if (isDeepStrictEqual(object[field], old[field])) return [];
  return [invalid(path === undefined ? field : `${path}.${field}`, object[field], 'field is immutable')];
}

function frozen(
  object: JsonObject,
  old: JsonObject,
  fields: readonly string[],
  text: (field: string) => string,
): FieldError[] {
  return fields
    .filter((field) => !isDeepStrictEqual(object[field], old[field]))
    .map((field) => forbidden(field, text(field)));
}

function keepsData(object: JsonObject, old: JsonObject, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  return frozen(object, old, ['immutable', ...fields], () => 'field is immutable when `immutable` is set');
}

function keepsRole(object: JsonObject, old: JsonObject): FieldError[] {
  if (isDeepStrictEqual(object['roleRef'], old['roleRef'])) return [];
  return [invalid('roleRef', object['roleRef'], 'cannot change roleRef')];
}

function keepsClusterIp(object: JsonObject, old: JsonObject): FieldError[] {
  const [spec, before] = [objectOf(object['spec']), objectOf(old['spec'])];
  const external = spec['type'] === 'ExternalName' || before['type'] === 'ExternalName';
  if (external || !before['clusterIP'] || spec['clusterIP'] === before['clusterIP']) return [];
  return [invalid('spec.clusterIPs[0]', spec['clusterIP'] ?? '', 'may not change once set')];
}

const podText =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function keepsPodSpec(object: JsonObject, old: JsonObject): FieldError[] {
  if (object['spec'] === old['spec']) return [];
  const [spec, before] = [objectOf(object['spec']), objectOf(old['spec'])];
  const kept = objectsOf(before['tolerations']).every((each) =>
    objectsOf(spec['tolerations']).some((other) =>
      isDeepStrictEqual({ ...other, tolerationSeconds: 0 }, { ...each, tolerationSeconds: 0 }),
    ),
  );
  return kept && isDeepStrictEqual(fixedSpec(spec), fixedSpec(before)) ? [] : [forbidden('spec', podText)];
}

/** The spec without what may change. */
function fixedSpec(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _a, tolerations: _t, ephemeralContainers: _e, ...rest } = spec;
  const withoutImages = (list: unknown): JsonObject[] => objectsOf(list).map((each) => ({ ...each, image: '' }));
  return {
    ...rest,
    containers: withoutImages(spec['containers']),
    initContainers: withoutImages(spec['initContainers']),
  };
}
