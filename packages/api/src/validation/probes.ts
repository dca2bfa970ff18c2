import type { Container, Probe } from '../core.ts';
import {
  type FieldError,
  disallowedFields,
  fieldError,
  invalidValue,
  missingOneOf,
  multipleOneOf,
  outOfBounds,
  viaField,
} from '../field-error.ts';
import { checkAllowed, setAmong } from './set-fields.ts';

type PortRule = (port: number | string) => { readonly value: string | number; readonly details: string } | undefined;

const handlers = ['exec', 'grpc', 'httpGet', 'tcpSocket'] as const;
const maxInt32 = 2 ** 31 - 1;

const probeFields: ReadonlySet<string> = new Set([
  ...handlers,
  'initialDelaySeconds',
  'periodSeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
]);
const handlerFields: Readonly<Record<(typeof handlers)[number], ReadonlySet<string>>> = {
  exec: new Set(['command']),
  grpc: new Set(['port', 'service']),
  httpGet: new Set(['host', 'path', 'port', 'scheme', 'httpHeaders']),
  tcpSocket: new Set(['host', 'port']),
};

/** The probes of the serving container (serving-api.md, section 7.5): a port given by name must be the container's. */
export function validateServingProbes(container: Container): FieldError[] {
  const portName = container.ports?.[0]?.name || 'http';
  return validateProbes(container, (port) =>
    typeof port === 'string' && port !== '' && port !== portName
      ? { value: port, details: 'Probe port must match container port' }
      : undefined,
  );
}

/** The probes of a sidecar: no user port stands in for one that is missing. */
export function validateSidecarProbes(container: Container): FieldError[] {
  return validateProbes(container, (port) =>
    port === 0 || port === '' ? { value: 0, details: 'Probe port must be specified' } : undefined,
  );
}

/** The probes of a sidecar that may have none: what is set in them, where a handler is the probe itself. */
export function refuseSidecarProbes(container: Container): FieldError[] {
  return (['readinessProbe', 'livenessProbe', 'startupProbe'] as const).flatMap((field) => {
    const probe = container[field];
    if (!probe) return [];
    const given = setAmong(probe, Object.keys(probe)).map((name) => (isHandler(name) ? '' : name));
    return given.length === 0 ? [] : viaField(field, [disallowedFields(...new Set(given))]);
  });
}

const isHandler = (name: string): boolean => Object.hasOwn(handlerFields, name);

function validateProbes({ readinessProbe, livenessProbe, startupProbe }: Container, rule: PortRule): FieldError[] {
  return [
    ...(readinessProbe
      ? viaField('readinessProbe', [...validateHandler(readinessProbe, rule), ...validateTiming(readinessProbe)])
      : []),
    ...(livenessProbe ? viaField('livenessProbe', validateHandler(livenessProbe, rule)) : []),
    ...(startupProbe ? viaField('startupProbe', validateHandler(startupProbe, rule)) : []),
  ];
}

function validateHandler(probe: Probe, rule: PortRule): FieldError[] {
  const given = setAmong(probe, handlers);
  return [
    ...checkAllowed(probe, probeFields),
    ...(given.length === 0 ? [missingOneOf(...handlers)] : []),
    ...(given.length > 1 ? [multipleOneOf(...given)] : []),
    ...handlers.flatMap((handler) => viaField(handler, checkAllowed(probe[handler] ?? {}, handlerFields[handler]))),
    ...(['httpGet', 'tcpSocket', 'grpc'] as const).flatMap((handler) => {
      const found = probe[handler] && rule(probe[handler].port ?? 0);
      return found ? [invalidValue(found.value, `${handler}.port`, found.details)] : [];
    }),
  ];
}

function validateTiming(probe: Probe): FieldError[] {
  const { periodSeconds = 0, initialDelaySeconds = 0, successThreshold = 0 } = probe;
  return [
    ...within('periodSeconds', periodSeconds, 0),
    ...within('initialDelaySeconds', initialDelaySeconds, 0),
    ...within('successThreshold', successThreshold, 1),
    ...(['failureThreshold', 'timeoutSeconds'] as const).flatMap((field) => {
      const value = probe[field] ?? 0;
      if (periodSeconds > 0) return within(field, value, 1);
      const disallowed = periodSeconds === 0 && value !== 0;
      return disallowed ? [fieldError(`${field} is disallowed when periodSeconds is zero`, [field])] : [];
    }),
  ];
}

function within(field: string, value: number, low: number): FieldError[] {
  return value < low || value > maxInt32 ? [outOfBounds(value, low, maxInt32, field)] : [];
}
