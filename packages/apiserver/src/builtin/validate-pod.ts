import { type FieldError, forbidden, invalid, notFound, notSupported, required } from '../schema/field-error.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { dnsLabelErrors, dnsSubdomainErrors, portNameErrors } from '../schema/names.ts';
import { quantityValue } from '../schema/quantity.ts';
import { enumOf, isSet, named, notNegative, portNumber, unique } from './rules.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The main rules of a pod's spec. */
export function validatePodSpec(spec: JsonObject, path: string): FieldError[] {
  const volumes = objectsOf(spec['volumes']);
  const volumeNames = new Set(volumes.map((volume) => stringOf(volume['name'])));
  const errors: FieldError[] = volumeErrors(volumes, `${path}.volumes`);
  if (!isSet(spec['containers'])) errors.push(required(`${path}.containers`));
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    const containers = objectsOf(spec[list]);
    for (const [index, container] of containers.entries())
      errors.push(...containerErrors(container, `${path}.${list}[${index}]`, volumeNames));
    errors.push(...unique(containers, 'name', `${path}.${list}`));
  }
  errors.push(
    ...enumOf(spec, 'restartPolicy', path, ['Always', 'OnFailure', 'Never']),
    ...enumOf(spec, 'dnsPolicy', path, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...notNegative(spec, ['terminationGracePeriodSeconds'], path),
    ...named(spec, 'serviceAccountName', path, dnsSubdomainErrors, { needed: false }),
    ...named(spec, 'nodeName', path, dnsSubdomainErrors, { needed: false }),
    ...tolerationErrors(objectsOf(spec['tolerations']), `${path}.tolerations`),
  );
  return errors;
}

function volumeErrors(volumes: readonly JsonObject[], path: string): FieldError[] {
  return [
    ...volumes.flatMap((volume, index) => {
      const at = `${path}[${index}]`;
      const [, second] = Object.keys(volume).filter((key) => key !== 'name');
      return [
        ...named(volume, 'name', at, dnsLabelErrors),
        ...(second === undefined ? [] : [forbidden(`${at}.${second}`, 'may not specify more than 1 volume type')]),
      ];
    }),
    ...unique(volumes, 'name', path),
  ];
}

function containerErrors(container: JsonObject, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors = [...named(container, 'name', path, dnsLabelErrors)];
  const image = stringOf(container['image']);
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image)
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  errors.push(
    ...enumOf(container, 'imagePullPolicy', path, ['Always', 'IfNotPresent', 'Never']),
    ...enumOf(container, 'terminationMessagePolicy', path, ['FallbackToLogsOnError', 'File']),
    ...portErrors(objectsOf(container['ports']), `${path}.ports`),
    ...envErrors(objectsOf(container['env']), `${path}.env`),
    ...mountErrors(objectsOf(container['volumeMounts']), `${path}.volumeMounts`, volumes),
    ...resourceErrors(objectOf(container['resources']), `${path}.resources`),
  );
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (isObject(container[probe])) errors.push(...probeErrors(container[probe], `${path}.${probe}`));
  return errors;
}

function portErrors(ports: readonly JsonObject[], path: string): FieldError[] {
  const errors = ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    return [
      ...named(port, 'name', at, portNameErrors, { needed: false }),
      ...(!port['containerPort']
        ? [required(`${at}.containerPort`)]
        : portNumber(port['containerPort'], `${at}.containerPort`)),
      ...(isSet(port['hostPort']) && port['hostPort'] !== 0 ? portNumber(port['hostPort'], `${at}.hostPort`) : []),
      ...enumOf(port, 'protocol', at, protocols, { needed: true }),
    ];
  });
  return [...errors, ...unique(ports, 'name', path)];
}

function envErrors(variables: readonly JsonObject[], path: string): FieldError[] {
  return variables.flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    const errors = named(variable, 'name', at, (name) =>
      /^[ -<>-~]+$/.test(name)
        ? []
        : ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    );
    if (isObject(variable['valueFrom'])) {
      const sources = Object.keys(variable['valueFrom']).length;
      if (sources !== 1)
        errors.push(
          invalid(
            `${at}.valueFrom`,
            '',
            sources === 0
              ? 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'
              : 'may not have more than one field specified at a time',
          ),
        );
      if (isSet(variable['value']))
        errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    return errors;
  });
}

function mountErrors(mounts: readonly JsonObject[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const seen = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const name = stringOf(mount['name']);
    const mountPath = stringOf(mount['mountPath']);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    else if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    seen.add(mountPath);
    return errors;
  });
}

function resourceErrors({ limits, requests }: JsonObject, path: string): FieldError[] {
  const limited = amountsOf(limits);
  const requested = amountsOf(requests);
  const errors = [...amountErrors(limited, `${path}.limits`), ...amountErrors(requested, `${path}.requests`)];
  for (const [name, amount] of requested) {
    const limit = limited.get(name);
    if (limit !== undefined && (quantityValue(amount) ?? 0) > (quantityValue(limit) ?? Infinity))
      errors.push(invalid(`${path}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`));
  }
  return errors;
}

function amountsOf(amounts: unknown): Map<string, string> {
  return new Map(Object.entries(objectOf(amounts)).map(([name, amount]) => [name, String(amount)]));
}

function amountErrors(amounts: ReadonlyMap<string, string>, path: string): FieldError[] {
  return [...amounts].flatMap(([name, amount]) => {
    const value = quantityValue(amount);
    if (value === undefined) return [invalid(`${path}[${name}]`, amount, quantityText)];
    return value < 0 ? [invalid(`${path}[${name}]`, amount, 'must be greater than or equal to 0')] : [];
  });
}

function probeErrors(probe: JsonObject, path: string): FieldError[] {
  const numbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];
  const errors = notNegative(probe, numbers, path);
  const [handler, second] = handlers.filter((each) => isObject(probe[each]));
  if (handler === undefined) errors.push(required(path, 'must specify a handler type'));
  if (second !== undefined) errors.push(forbidden(`${path}.${second}`, 'may not specify more than 1 handler type'));
  if (handler === 'exec' && !isSet(objectOf(probe['exec'])['command'])) errors.push(required(`${path}.exec.command`));
  if (handler === undefined || handler === 'exec') return errors;
  const { port } = objectOf(probe[handler]);
  if (typeof port === 'string' && !/^\d+$/.test(port))
    errors.push(...portNameErrors(port).map((problem) => invalid(`${path}.${handler}.port`, port, problem)));
  else errors.push(...portNumber(Number(port ?? 0), `${path}.${handler}.port`));
  const { scheme } = objectOf(probe['httpGet']);
  if (scheme !== undefined && !['HTTP', 'HTTPS'].includes(stringOf(scheme)))
    errors.push(notSupported(`${path}.httpGet.scheme`, scheme, ['HTTP', 'HTTPS']));
  return errors;
}

function tolerationErrors(tolerations: readonly JsonObject[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${path}[${index}]`;
    const errors = [
      ...enumOf(toleration, 'operator', at, ['Equal', 'Exists']),
      ...enumOf(toleration, 'effect', at, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    ];
    if (!isSet(toleration['key']) && toleration['operator'] !== 'Exists')
      errors.push(
        invalid(
          `${at}.operator`,
          toleration['operator'] ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    return errors;
  });
}
