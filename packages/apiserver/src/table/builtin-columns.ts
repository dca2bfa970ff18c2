import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { since } from './age.ts';
import { ageColumn, type Column, column, count, createdAtColumn, nameColumn, wide } from './column.ts';
import { endpointsColumns, endpointSliceColumns, ingressColumns, serviceColumns } from './network-columns.ts';
import { nodeColumns } from './node-columns.ts';
import { podColumns } from './pod-columns.ts';
import { horizontalPodAutoscalerColumns } from './scaling-columns.ts';
import { claimColumns, storageClassColumns, volumeColumns } from './storage-columns.ts';

const nameAndAge: readonly Column[] = [nameColumn, ageColumn];
const size = (value: unknown): number => Object.keys(objectOf(value)).length;
const webhooks: readonly Column[] = [
  nameColumn,
  count('Webhooks', (object) => objectsOf(object['webhooks']).length),
  ageColumn,
];

const bindings: readonly Column[] = [
  nameColumn,
  column('Role', ({ roleRef }) => `${stringOf(objectOf(roleRef)['kind'])}/${stringOf(objectOf(roleRef)['name'])}`),
  ageColumn,
  wide('Users', (binding) => subjectsText(binding, 'User')),
  wide('Groups', (binding) => subjectsText(binding, 'Group')),
  wide('ServiceAccounts', (binding) => subjectsText(binding, 'ServiceAccount')),
];

const columnsOfKinds: Record<string, readonly Column[]> = {
  Pod: podColumns,
  Node: nodeColumns,
  Service: serviceColumns,
  Endpoints: endpointsColumns,
  EndpointSlice: endpointSliceColumns,
  Ingress: ingressColumns,
  PersistentVolumeClaim: claimColumns,
  PersistentVolume: volumeColumns,
  StorageClass: storageClassColumns,
  HorizontalPodAutoscaler: horizontalPodAutoscalerColumns,
  ConfigMap: [nameColumn, column('Data', ({ data, binaryData }) => size(data) + size(binaryData)), ageColumn],
  Secret: [
    nameColumn,
    column('Type', ({ type }) => stringOf(type)),
    column('Data', ({ data }) => size(data)),
    ageColumn,
  ],
  Namespace: [nameColumn, column('Status', ({ status }) => stringOf(objectOf(status)['phase'])), ageColumn],
  ServiceAccount: [nameColumn, column('Secrets', ({ secrets }) => objectsOf(secrets).length), ageColumn],
  Lease: [nameColumn, column('Holder', ({ spec }) => stringOf(objectOf(spec)['holderIdentity'])), ageColumn],
  Event: [
    column('Last Seen', (event, now) => since(lastSeen(event), now)),
    column('Type', ({ type }) => stringOf(type)),
    column('Reason', ({ reason }) => stringOf(reason)),
    column('Object', ({ involvedObject }) => aboutText(objectOf(involvedObject))),
    wide('Subobject', ({ involvedObject }) => stringOf(objectOf(involvedObject)['fieldPath'])),
    wide('Source', (event) => sourceText(event)),
    column('Message', ({ message }) => stringOf(message).trim()),
    wide('First Seen', (event, now) => since(event['firstTimestamp'] ?? event['eventTime'], now)),
    wide('Count', ({ count: times, series }) => String(Number(objectOf(series)['count'] ?? times ?? 1))),
    { ...nameColumn, priority: 1 },
  ],
  CustomResourceDefinition: [nameColumn, createdAtColumn],
  Role: [nameColumn, createdAtColumn],
  ClusterRole: [nameColumn, createdAtColumn],
  LimitRange: [nameColumn, createdAtColumn],
  RoleBinding: bindings,
  ClusterRoleBinding: bindings,
  MutatingWebhookConfiguration: webhooks,
  ValidatingWebhookConfiguration: webhooks,
  PriorityClass: [
    nameColumn,
    count('Value', ({ value }) => Number(value ?? 0)),
    column('Global-Default', ({ globalDefault }) => globalDefault === true, { type: 'boolean' }),
    ageColumn,
    wide('PreemptionPolicy', ({ preemptionPolicy }) => stringOf(preemptionPolicy)),
  ],
  PodDisruptionBudget: [
    nameColumn,
    column('Min Available', ({ spec }) => intOrString(objectOf(spec)['minAvailable'])),
    column('Max Unavailable', ({ spec }) => intOrString(objectOf(spec)['maxUnavailable'])),
    count('Allowed Disruptions', ({ status }) => Number(objectOf(status)['disruptionsAllowed'] ?? 0)),
    ageColumn,
  ],
};

/** The columns kubectl shows of a built-in kind: name and age unless there is more to say. */
export function builtinColumns(kind: string): readonly Column[] {
  return Object.hasOwn(columnsOfKinds, kind) ? (columnsOfKinds[kind] ?? nameAndAge) : nameAndAge;
}

function lastSeen({ series, lastTimestamp, firstTimestamp, eventTime }: JsonObject): unknown {
  return objectOf(series)['lastObservedTime'] ?? lastTimestamp ?? firstTimestamp ?? eventTime;
}

function aboutText({ kind, name }: JsonObject): string {
  return `${stringOf(kind).toLowerCase()}/${stringOf(name)}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: JsonObject): string {
  const component = stringOf(objectOf(source)['component']) || stringOf(reportingComponent);
  const host = stringOf(objectOf(source)['host']) || stringOf(reportingInstance);
  return host === '' ? component : `${component}, ${host}`;
}

function intOrString(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'N/A';
}

function subjectsText({ subjects }: JsonObject, kind: string): string {
  return objectsOf(subjects)
    .filter((subject) => subject['kind'] === kind)
    .map(({ namespace, name }) =>
      kind === 'ServiceAccount' ? `${stringOf(namespace)}/${stringOf(name)}` : stringOf(name),
    )
    .join(', ');
}
