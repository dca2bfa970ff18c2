import type { Container, SecurityContext } from '../core.ts';
import {
  type FieldError,
  asWarnings,
  disallowedFields,
  invalidValue,
  fieldError,
  outOfBounds,
  viaField,
  viaFieldIndex,
} from '../field-error.ts';
import type { RevisionSpec } from '../serving.ts';
import type { ValidationContext } from './context.ts';
import { checkAllowed, isSet } from './set-fields.ts';

const maxId = 2 ** 31 - 1;

const containerFields: ReadonlySet<string> = new Set([
  'allowPrivilegeEscalation',
  'capabilities',
  'privileged',
  'readOnlyRootFilesystem',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'seccompProfile',
]);
const podFields = ['runAsUser', 'runAsGroup', 'runAsNonRoot', 'fsGroup', 'supplementalGroups', 'seccompProfile'];
const securePodProfiles: ReadonlySet<unknown> = new Set(['RuntimeDefault', 'Unconfined']);

/** The security context of a container (serving-api.md, section 7.6); paths from the container. */
export function validateContainerSecurity(
  securityContext: SecurityContext = {},
  { config }: ValidationContext,
): FieldError[] {
  const { privileged, capabilities = {}, runAsUser, runAsGroup } = securityContext;
  return viaField('securityContext', [
    ...checkAllowed(securityContext, containerFields),
    ...(privileged ? [disallowedFields('privileged')] : []),
    ...viaField('capabilities', validateAdded(capabilities.add ?? [], config.features)),
    ...validateId('runAsUser', runAsUser),
    ...validateId('runAsGroup', runAsGroup),
  ]);
}

function validateAdded(add: readonly string[], features: ValidationContext['config']['features']): FieldError[] {
  const onlyLowPorts = add.length === 1 && add[0] === 'NET_BIND_SERVICE';
  const allowed =
    features['kubernetes.containerspec-addcapabilities'] === 'Enabled' ||
    (features['secure-pod-defaults'] !== 'Disabled' && onlyLowPorts);
  return add.length === 0 || allowed ? [] : [disallowedFields('add')];
}

function validateId(field: string, id: unknown = 0): FieldError[] {
  return typeof id === 'number' && (id < 0 || id > maxId) ? [outOfBounds(id, 0, maxId, field)] : [];
}

/** The pod's security context; paths from the pod spec. */
export function validatePodSecurity(spec: RevisionSpec, { config }: ValidationContext): FieldError[] {
  const { securityContext } = spec;
  if (!securityContext) return [];
  const isOpen = config.features['kubernetes.podspec-securitycontext'] !== 'Disabled';
  const isSecure = config.features['secure-pod-defaults'] !== 'Disabled';
  const profile = Reflect.get(Object(securityContext['seccompProfile']), 'type');
  const allowed = isOpen ? podFields : isSecure && securePodProfiles.has(profile) ? ['seccompProfile'] : [];
  const groups = Array.isArray(securityContext['supplementalGroups']) ? securityContext['supplementalGroups'] : [];
  return viaField('securityContext', [
    ...checkAllowed(securityContext, new Set(allowed)),
    ...['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((field) => validateId(field, securityContext[field])),
    ...groups.flatMap((group, index) => validateId(`supplementalGroups[${index}]`, group)),
  ]);
}

/** Warns of containers that leave Kubernetes' insecure defaults in force (serving-api.md, section 6); paths from the pod spec. */
export function warnOfInsecureDefaults(spec: RevisionSpec, { config }: ValidationContext): FieldError[] {
  if (config.features['secure-pod-defaults'] !== 'Disabled') return [];
  const lists = [
    ['containers', spec.containers],
    ['initContainers', spec.initContainers ?? []],
  ] as const;
  return asWarnings(
    lists.flatMap(([field, containers]) =>
      containers.flatMap((container, index) =>
        viaFieldIndex(field, index, viaField('securityContext', insecureFields(container, spec.securityContext))),
      ),
    ),
  );
}

function insecureFields({ securityContext = {} }: Container, pod: Record<string, unknown> = {}): FieldError[] {
  const { runAsNonRoot, allowPrivilegeEscalation, seccompProfile, capabilities } = securityContext;
  const unset = [
    ...((runAsNonRoot ?? pod['runAsNonRoot']) === undefined ? ['runAsNonRoot'] : []),
    ...(allowPrivilegeEscalation === undefined ? ['allowPrivilegeEscalation'] : []),
    ...unsetProfile([seccompProfile, pod['seccompProfile']]),
    ...(capabilities === undefined ? ['capabilities'] : []),
    ...(capabilities !== undefined && !isSet(capabilities.drop) ? ['capabilities.drop'] : []),
  ];
  return [
    ...(unset.length > 0 ? [fieldError(insecureDefault, unset)] : []),
    ...(capabilities?.drop?.[0] === 'all' ? [invalidValue('all', 'capabilities.drop')] : []),
  ];
}

const insecureDefault =
  "Kubernetes' default is insecure here and may be replaced by a safer one some day; set it to be sure";

/** Of the container's profile and the pod's one with a type is enough. */
function unsetProfile(profiles: readonly unknown[]): string[] {
  const given = profiles.filter((profile) => profile !== undefined);
  if (given.length === 0) return ['seccompProfile'];
  return given.some((profile) => isSet(Reflect.get(Object(profile), 'type'))) ? [] : ['seccompProfile.type'];
}
