import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { ageColumn, type Column, column, nameColumn, orNone, wide } from './column.ts';
import { conditionOf } from './pod-columns.ts';

const rolePrefix = 'node-role.kubernetes.io/';
const roleLabel = 'kubernetes.io/role';

/** What `kubectl get nodes` shows. */
export const nodeColumns: readonly Column[] = [
  nameColumn,
  column('Status', (node) => statusText(node)),
  column('Roles', (node) => rolesText(node)),
  ageColumn,
  column('Version', (node) => stringOf(nodeInfo(node)['kubeletVersion'])),
  wide('Internal-IP', (node) => addressText(node, 'InternalIP')),
  wide('External-IP', (node) => addressText(node, 'ExternalIP')),
  wide('OS-Image', (node) => stringOf(nodeInfo(node)['osImage']) || '<unknown>'),
  wide('Kernel-Version', (node) => stringOf(nodeInfo(node)['kernelVersion']) || '<unknown>'),
  wide('Container-Runtime', (node) => stringOf(nodeInfo(node)['containerRuntimeVersion']) || '<unknown>'),
];

function statusText({ spec, status }: JsonObject): string {
  const ready = conditionOf(objectOf(status), 'Ready');
  const text = !ready ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return objectOf(spec)['unschedulable'] === true ? `${text},SchedulingDisabled` : text;
}

function rolesText({ metadata }: JsonObject): string {
  const roles = Object.entries(objectOf(objectOf(metadata)['labels'])).flatMap(([label, value]) => {
    if (label.startsWith(rolePrefix)) return [label.slice(rolePrefix.length)];
    return label === roleLabel ? [stringOf(value)] : [];
  });
  return orNone([...new Set(roles.filter((role) => role !== ''))].toSorted().join(','));
}

function nodeInfo({ status }: JsonObject): JsonObject {
  return objectOf(objectOf(status)['nodeInfo']);
}

function addressText({ status }: JsonObject, type: string): string {
  return orNone(objectsOf(objectOf(status)['addresses']).find((each) => each['type'] === type)?.['address']);
}
