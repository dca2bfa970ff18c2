import type { ContainerPort } from '../core.ts';
import { type FieldError, fieldError, invalidValue, outOfBounds, viaField } from '../field-error.ts';
import { checkAllowed } from './set-fields.ts';

/** Knative's sidecar listens on these; kept free so that a manifest runs there as well as here. */
const reservedPorts: ReadonlySet<number> = new Set([8008, 8012, 8013, 8022, 9090, 9091]);

const names = ['h2c', 'http1'];
const allowed: ReadonlySet<string> = new Set(['containerPort', 'name', 'protocol']);

/**
 * The port of the serving container (serving-api.md, section 7.3); paths, without an index, from the container. More than one
 * is a finding of its own, and only the first is looked at.
 */
export function validateServingPort([port]: readonly ContainerPort[]): FieldError[] {
  if (port === undefined) return [];
  const details = `Name must be empty, or one of: ${names.map((name) => `'${name}'`).join(', ')}`;
  return [
    ...viaField('ports', checkAllowed(port, allowed)),
    ...(['', 'TCP'].includes(port.protocol ?? '') ? [] : [invalidValue(port.protocol ?? '', 'ports.protocol')]),
    ...(['', ...names].includes(port.name ?? '')
      ? []
      : [fieldError(`Port name ${port.name} is not allowed`, ['ports'], { details })]),
    ...validatePortNumbers([port]),
  ];
}

/** Range and reserved numbers: all that is asked of ports of an init container. */
export function validatePortNumbers(ports: readonly ContainerPort[]): FieldError[] {
  return ports.flatMap(({ containerPort = 0 }) => {
    const path = 'ports.containerPort';
    if (containerPort < 0 || containerPort > 65_535) return [outOfBounds(containerPort, 0, 65_535, path)];
    const reserved = `${containerPort} is a reserved port`;
    return reservedPorts.has(containerPort)
      ? [invalidValue(reserved, path, `${reserved}, please use a different value`)]
      : [];
  });
}
