import { isIP } from 'node:net';
import { duplicate, type FieldError, invalid, required } from '../schema/field-error.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { dnsLabelErrors, dnsSubdomainErrors } from '../schema/names.ts';
import { enumOf, isSet, named, portNumber, unique } from './rules.ts';

/** The main rules of a Service. */
export function validateService(service: JsonObject): FieldError[] {
  const spec = objectOf(service['spec']);
  const errors = [
    ...enumOf(spec, 'type', 'spec', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], { needed: true }),
    ...enumOf(spec, 'sessionAffinity', 'spec', ['ClientIP', 'None'], { needed: true }),
    ...portsErrors(objectsOf(spec['ports'])),
  ];
  const clusterIp = stringOf(spec['clusterIP']);
  if (spec['type'] === 'ExternalName')
    errors.push(...named(spec, 'externalName', 'spec', (name) => dnsSubdomainErrors(name.replace(/\.$/, ''))));
  else if (!isSet(spec['ports']) && clusterIp !== 'None') errors.push(required('spec.ports'));
  if (clusterIp !== '' && clusterIp !== 'None' && isIP(clusterIp) === 0)
    errors.push(
      invalid('spec.clusterIPs[0]', clusterIp, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    );
  return errors;
}

/** A port of one protocol stands once, whatever its name. */
function repeatedPorts(ports: readonly JsonObject[], path: string): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ port, protocol }, index) => {
    const key = `${String(protocol)} ${String(port)}`;
    const again = seen.has(key);
    seen.add(key);
    return again ? [duplicate(`${path}[${index}]`, { port, protocol })] : [];
  });
}

function portsErrors(ports: readonly JsonObject[]): FieldError[] {
  const path = 'spec.ports';
  const errors = ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    return [
      ...named(port, 'name', at, dnsLabelErrors, { needed: ports.length > 1 }),
      ...portNumber(port['port'], `${at}.port`),
      ...enumOf(port, 'protocol', at, ['SCTP', 'TCP', 'UDP'], { needed: true }),
      ...(typeof port['targetPort'] === 'number' ? portNumber(port['targetPort'], `${at}.targetPort`) : []),
    ];
  });
  return [...errors, ...unique(ports, 'name', path), ...repeatedPorts(ports, path)];
}
