import type { FeaturesConfig, PodSpecFlag } from '../config/features.ts';
import type { Container } from '../core.ts';
import {
  type FieldError,
  disallowedFields,
  fieldError,
  invalidValue,
  missingField,
  viaFieldIndex,
} from '../field-error.ts';
import type { RevisionSpec } from '../serving.ts';
import { type ContainerContext, validateContainer } from './container.ts';
import type { ValidationContext } from './context.ts';
import { checkDns1123Subdomain } from './names.ts';
import { validatePodSecurity } from './security-context.ts';
import { checkAllowed, repeatedIndexes } from './set-fields.ts';
import { validateVolumes } from './volumes.ts';

const alwaysAllowed = [
  'containers',
  'volumes',
  'serviceAccountName',
  'imagePullSecrets',
  'enableServiceLinks',
  'automountServiceAccountToken',
  'containerConcurrency',
  'timeoutSeconds',
  'responseStartTimeoutSeconds',
  'idleTimeoutSeconds',
];

/** Fields that need their feature not to be disabled (serving-api.md, section 7.1). */
const flaggedFields: readonly (readonly [field: string, flag: PodSpecFlag])[] = [
  ['affinity', 'kubernetes.podspec-affinity'],
  ['topologySpreadConstraints', 'kubernetes.podspec-topologyspreadconstraints'],
  ['hostAliases', 'kubernetes.podspec-hostaliases'],
  ['nodeSelector', 'kubernetes.podspec-nodeselector'],
  ['runtimeClassName', 'kubernetes.podspec-runtimeclassname'],
  ['tolerations', 'kubernetes.podspec-tolerations'],
  ['securityContext', 'kubernetes.podspec-securitycontext'],
  ['shareProcessNamespace', 'kubernetes.podspec-shareprocessnamespace'],
  ['priorityClassName', 'kubernetes.podspec-priorityclassname'],
  ['schedulerName', 'kubernetes.podspec-schedulername'],
  ['initContainers', 'kubernetes.podspec-init-containers'],
  ['dnsPolicy', 'kubernetes.podspec-dnspolicy'],
  ['dnsConfig', 'kubernetes.podspec-dnsconfig'],
  ['hostIPC', 'kubernetes.podspec-hostipc'],
  ['hostPID', 'kubernetes.podspec-hostpid'],
  ['hostNetwork', 'kubernetes.podspec-hostnetwork'],
];

/** The part of a RevisionSpec that is a PodSpec (serving-api.md, sections 7.1 to 7.8); paths from the spec. */
export function validatePodSpec(spec: RevisionSpec, context: ValidationContext): FieldError[] {
  return [
    ...checkAllowed(spec, allowedFields(context.config.features)),
    ...(spec.automountServiceAccountToken === true ? [disallowedFields('automountServiceAccountToken')] : []),
    ...validateServiceAccount(spec),
    ...validateVolumes(spec, context),
    ...validatePodSecurity(spec, context),
    ...validateContainers(spec, context),
    ...validateInitContainers(spec, context),
  ];
}

function allowedFields(features: FeaturesConfig): ReadonlySet<string> {
  const open = flaggedFields.filter(
    ([field, flag]) =>
      features[flag] !== 'Disabled' || (field === 'securityContext' && features['secure-pod-defaults'] !== 'Disabled'),
  );
  return new Set([...alwaysAllowed, ...open.map(([field]) => field)]);
}

function validateServiceAccount({ serviceAccountName = '' }: RevisionSpec): FieldError[] {
  const wrong = serviceAccountName === '' ? [] : checkDns1123Subdomain(serviceAccountName);
  return wrong.map((text) => invalidValue(serviceAccountName, 'serviceAccountName', text));
}

function validateContainers(spec: RevisionSpec, { config }: ValidationContext): FieldError[] {
  const { containers } = spec;
  if (containers.length === 0) return [missingField('containers')];
  const several = containers.length > 1;
  const ports = several ? validatePorts(containers) : validateOnePort(containers);
  if (several && config.features['multi-container'] !== 'Enabled') {
    return [...ports, fieldError(`multi-container is off, but found ${containers.length} containers`, [])];
  }
  const volumes = volumesOf(spec);
  const roleOf = ({ ports = [] }: Container): ContainerContext['role'] =>
    several && ports.length === 0 ? 'sidecar' : 'serving';
  return [
    ...ports,
    ...validateEach(containers, (container) => ({ config, volumes, role: roleOf(container) })),
    ...duplicateNames(containers),
  ];
}

const volumesOf = ({ volumes = [] }: RevisionSpec): ContainerContext['volumes'] =>
  new Map(volumes.map((volume) => [volume.name, volume]));

function validateEach(
  containers: readonly Container[],
  contextOf: (container: Container) => ContainerContext,
): FieldError[] {
  return containers.flatMap((container, index) =>
    viaFieldIndex('containers', index, validateContainer(container, contextOf(container))),
  );
}

function validatePorts(containers: readonly Container[]): FieldError[] {
  const hasPorts = containers.some(({ ports = [] }) => ports.length > 0);
  return hasPorts ? validateOnePort(containers) : [missingField('containers[*].ports')];
}

function validateOnePort(containers: readonly Container[]): FieldError[] {
  const count = containers.reduce((sum, { ports = [] }) => sum + ports.length, 0);
  const details = 'Only a single port is allowed across all containers';
  return count > 1 ? [fieldError('more than one container port is set', ['containers[*].ports'], { details })] : [];
}

/** Names that have come before, also in the other list of containers. */
function duplicateNames(containers: readonly Container[], others: readonly Container[] = []): FieldError[] {
  const repeated = repeatedIndexes([...others, ...containers].map(({ name }) => name));
  return containers.flatMap(({ name }, index) =>
    name !== '' && repeated.has(others.length + index)
      ? [fieldError(`duplicate container name "${name}"`, [`containers[${index}].name`])]
      : [],
  );
}

/** The paths say `containers`, as Knative's do. */
function validateInitContainers(spec: RevisionSpec, { config }: ValidationContext): FieldError[] {
  const { initContainers = [] } = spec;
  if (initContainers.length === 0) return [];
  if (config.features['kubernetes.podspec-init-containers'] !== 'Enabled') {
    const message = `pod spec support for init-containers is off, but found ${initContainers.length} init containers`;
    return [fieldError(message, [])];
  }
  const volumes = volumesOf(spec);
  return [
    ...validateEach(initContainers, () => ({ config, volumes, role: 'init' })),
    ...duplicateNames(initContainers, spec.containers),
  ];
}
