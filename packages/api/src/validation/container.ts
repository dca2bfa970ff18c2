import { type FieldError, fieldError, invalidValue, missingField, viaField } from '../field-error.ts';
import type { Container } from '../core.ts';
import { isQuantity } from '../quantity.ts';
import type { ValidationContext } from './context.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { isImageReference } from './image-reference.ts';
import { validatePortNumbers, validateServingPort } from './ports.ts';
import { refuseSidecarProbes, validateServingProbes, validateSidecarProbes } from './probes.ts';
import { validateContainerSecurity } from './security-context.ts';
import { checkAllowed, isSet, setAmong } from './set-fields.ts';
import { type Volumes, validateVolumeMounts } from './volume-mounts.ts';

export interface ContainerContext extends ValidationContext {
  readonly volumes: Volumes;
  readonly role: 'serving' | 'sidecar' | 'init';
}

const allowed: ReadonlySet<string> = new Set([
  'name',
  'image',
  'args',
  'command',
  'env',
  'envFrom',
  'workingDir',
  'imagePullPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'ports',
  'resources',
  'securityContext',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'volumeMounts',
]);

const probeFields = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const reservedName = 'queue-proxy';

/** One container (serving-api.md, section 7.2); paths from the container. */
export function validateContainer(container: Container, context: ContainerContext): FieldError[] {
  if (isEmptyContainer(container)) return [missingField('')];
  return [
    ...checkAllowed(container, allowed),
    ...validateName(container),
    ...validateImage(container),
    ...validateResources(container),
    ...validateTerminationPolicy(container),
    ...validateEnv(container.env ?? [], { ...context, isServing: context.role === 'serving' }),
    ...validateEnvFrom(container.envFrom ?? []),
    ...validateContainerSecurity(container.securityContext, context),
    ...validateVolumeMounts(container.volumeMounts ?? [], context),
    ...validateForRole(container, context),
  ];
}

function validateForRole(container: Container, { role, config }: ContainerContext): FieldError[] {
  switch (role) {
    case 'serving':
      return [...validateServingPort(container.ports ?? []), ...validateServingProbes(container)];
    case 'sidecar':
      return config.features['multi-container-probing'] === 'Enabled'
        ? validateSidecarProbes(container)
        : refuseSidecarProbes(container);
    case 'init':
      return [
        ...validatePortNumbers(container.ports ?? []),
        ...setAmong(container, [...probeFields, 'lifecycle']).map((field) =>
          fieldError('field not allowed in an init container', [field]),
        ),
      ];
  }
}

/** Nothing in it; its resources are always there, if empty. */
function isEmptyContainer({ resources = {}, ...rest }: Container): boolean {
  return !Object.values({ ...rest, ...resources }).some(isSet);
}

function validateName({ name }: Container): FieldError[] {
  return name === reservedName ? [fieldError(`"${name}" is a reserved container name`, ['name'])] : [];
}

function validateImage({ image = '' }: Container): FieldError[] {
  if (image === '') return [missingField('image')];
  if (isImageReference(image)) return [];
  const details = `image: "${image}", error: could not parse reference: ${image}`;
  return [fieldError('Failed to parse image reference', ['image'], { details })];
}

const resourceFields: ReadonlySet<string> = new Set(['limits', 'requests']);

function validateResources({ resources = {} }: Container): FieldError[] {
  const amounts = (['requests', 'limits'] as const).flatMap((what) =>
    Object.entries(resources[what] ?? {})
      .filter(([, amount]) => !isQuantity(String(amount)))
      .map(([resource, amount]) => invalidValue(amount, `${what}.${resource}`)),
  );
  return viaField('resources', [...checkAllowed(resources, resourceFields), ...amounts]);
}

const policies: ReadonlySet<string> = new Set(['', 'File', 'FallbackToLogsOnError']);

function validateTerminationPolicy({ terminationMessagePolicy }: Container): FieldError[] {
  const policy: string = terminationMessagePolicy ?? '';
  return policies.has(policy) ? [] : [invalidValue(policy, 'terminationMessagePolicy')];
}
