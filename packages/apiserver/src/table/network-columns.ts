import { type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { ageColumn, type Column, column, labelsText, listText, nameColumn, orNone, wide } from './column.ts';

const shownEndpoints = 3;

/** What `kubectl get services` shows. */
export const serviceColumns: readonly Column[] = [
  nameColumn,
  column('Type', ({ spec }) => stringOf(objectOf(spec)['type'])),
  column('Cluster-IP', ({ spec }) => orNone(objectOf(spec)['clusterIP'])),
  column('External-IP', (service) => externalIp(service)),
  column('Port(s)', ({ spec }) => listText(objectsOf(objectOf(spec)['ports']).map(servicePort))),
  ageColumn,
  wide('Selector', ({ spec }) => labelsText(objectOf(spec)['selector'])),
];

export const endpointsColumns: readonly Column[] = [
  nameColumn,
  column('Endpoints', ({ subsets }) => listText(objectsOf(subsets).flatMap(subsetAddresses), shownEndpoints)),
  ageColumn,
];

export const endpointSliceColumns: readonly Column[] = [
  nameColumn,
  column('AddressType', ({ addressType }) => stringOf(addressType)),
  column('Ports', ({ ports }) => unsetIfNone(objectsOf(ports).map((port) => numberText(port['port']) || '*'))),
  column('Endpoints', ({ endpoints }) =>
    unsetIfNone(objectsOf(endpoints).flatMap((each) => stringsOf(each['addresses']))),
  ),
  ageColumn,
];

export const ingressColumns: readonly Column[] = [
  nameColumn,
  column('Class', ({ spec }) => orNone(objectOf(spec)['ingressClassName'])),
  column('Hosts', ({ spec }) => hostsText(objectsOf(objectOf(spec)['rules']))),
  column('Address', ({ status }) => addressesOf(objectOf(status)).join(',')),
  column('Ports', ({ spec }) => (objectsOf(objectOf(spec)['tls']).length > 0 ? '80, 443' : '80')),
  ageColumn,
];

function servicePort({ port, nodePort, protocol }: JsonObject): string {
  const node = numberText(nodePort);
  return `${numberText(port)}${node === '' || node === '0' ? '' : `:${node}`}/${stringOf(protocol)}`;
}

function externalIp({ spec, status }: JsonObject): string {
  const { type, externalIPs, externalName } = objectOf(spec);
  if (type === 'ExternalName') return orNone(externalName);
  const external = stringsOf(externalIPs);
  if (type !== 'LoadBalancer') return listText(external);
  const all = [...addressesOf(objectOf(status)), ...external];
  return all.length === 0 ? '<pending>' : all.join(',');
}

function addressesOf(status: JsonObject): string[] {
  const ingress = objectsOf(objectOf(status['loadBalancer'])['ingress']);
  return ingress.map(({ ip, hostname }) => stringOf(ip) || stringOf(hostname)).filter((each) => each !== '');
}

function subsetAddresses({ addresses, ports }: JsonObject): string[] {
  const hosts = objectsOf(addresses).map(({ ip }) => stringOf(ip));
  const numbers = objectsOf(ports).map(({ port }) => numberText(port));
  return numbers.length === 0 ? hosts : numbers.flatMap((port) => hosts.map((host) => `${host}:${port}`));
}

function hostsText(rules: readonly JsonObject[]): string {
  const hosts = rules.map(({ host }) => stringOf(host)).filter((host) => host !== '');
  return hosts.length === 0 ? '*' : listText(hosts, shownEndpoints);
}

function unsetIfNone(texts: readonly string[]): string {
  return texts.length === 0 ? '<unset>' : listText(texts, shownEndpoints);
}

function stringsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

function numberText(value: unknown): string {
  return numberOf(value)?.toString() ?? '';
}
