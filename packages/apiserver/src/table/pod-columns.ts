import { type JsonObject, isObject, numberOf, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { since } from './age.ts';
import { ageColumn, type Column, column, nameColumn, orNone, wide } from './column.ts';

/** What `kubectl get pods` shows. */
export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => readyText(pod)),
  column('Status', (pod) => podReason(pod)),
  column('Restarts', (pod, now) => restartsText(pod, now)),
  ageColumn,
  wide('IP', ({ status }) => orNone(objectsOf(objectOf(status)['podIPs'])[0]?.['ip'] ?? objectOf(status)['podIP'])),
  wide('Node', ({ spec }) => orNone(objectOf(spec)['nodeName'])),
  wide('Nominated Node', ({ status }) => orNone(objectOf(status)['nominatedNodeName'])),
  wide('Readiness Gates', (pod) => gatesText(pod)),
];

/**
 * The one word that says how a pod fares: its phase, or what the most telling container waits for or ended with,
 * `Init:1/2` while init containers run, `Terminating` while it is being deleted.
 */
export function podReason(pod: JsonObject): string {
  const status = objectOf(pod['status']);
  const reason = containersReason(pod, status);
  if (objectOf(pod['metadata'])['deletionTimestamp'] === undefined) return reason;
  if (status['reason'] === 'NodeLost') return 'Unknown';
  return status['phase'] === 'Succeeded' || status['phase'] === 'Failed' ? reason : 'Terminating';
}

function containersReason(pod: JsonObject, status: JsonObject): string {
  const base = stringOf(status['reason']) || stringOf(status['phase']) || 'Unknown';
  const scheduled = conditionOf(status, 'PodScheduled');
  const gated = scheduled?.['reason'] === 'SchedulingGated' ? 'SchedulingGated' : base;
  const initializing = initReason(pod, status);
  if (initializing !== undefined && !isTrue(status, 'Initialized')) return initializing;
  const containers = objectsOf(status['containerStatuses']);
  // The first container has the last word.
  const telling = containers.map(stateReason).find((reason) => reason !== undefined);
  const reason = telling ?? initializing ?? gated;
  if (reason !== 'Completed' || !containers.some(isRunning)) return reason;
  return isTrue(status, 'Ready') ? 'Running' : 'NotReady';
}

/** What a container that does not run waits for or ended with. */
function stateReason(container: JsonObject): string | undefined {
  const { waiting, terminated } = objectOf(container['state']);
  const waitsFor = stringOf(objectOf(waiting)['reason']);
  if (waitsFor !== '') return waitsFor;
  return isObject(terminated) ? endReason(terminated) : undefined;
}

function endReason(terminated: JsonObject): string {
  const reason = stringOf(terminated['reason']);
  if (reason !== '') return reason;
  const signal = numberOf(terminated['signal']) ?? 0;
  return signal === 0 ? `ExitCode:${numberOf(terminated['exitCode']) ?? 0}` : `Signal:${signal}`;
}

/** How far the init containers have come; `undefined` once all are done, or run beside the others for good. */
function initReason(pod: JsonObject, status: JsonObject): string | undefined {
  const declared = objectsOf(objectOf(pod['spec'])['initContainers']);
  const sidecars = sidecarNames(pod);
  for (const [index, container] of objectsOf(status['initContainerStatuses']).entries()) {
    const { waiting, terminated } = objectOf(container['state']);
    if (isObject(terminated) && (terminated['exitCode'] ?? 0) === 0) continue;
    if (sidecars.has(container['name']) && container['started'] === true) continue;
    if (isObject(terminated)) return `Init:${endReason(terminated)}`;
    const waitsFor = stringOf(objectOf(waiting)['reason']);
    if (waitsFor !== '' && waitsFor !== 'PodInitializing') return `Init:${waitsFor}`;
    return `Init:${index}/${declared.length}`;
  }
  return undefined;
}

function isRunning(container: JsonObject): boolean {
  return container['ready'] === true && isObject(objectOf(container['state'])['running']);
}

/** The init containers that run beside the others for good. */
function sidecarNames({ spec }: JsonObject): ReadonlySet<unknown> {
  const declared = objectsOf(objectOf(spec)['initContainers']);
  return new Set(declared.filter((each) => each['restartPolicy'] === 'Always').map((each) => each['name']));
}

/** Of those that run side by side. */
function statusesTogether(pod: JsonObject): JsonObject[] {
  const status = objectOf(pod['status']);
  const sidecars = sidecarNames(pod);
  const beside = objectsOf(status['initContainerStatuses']).filter((each) => sidecars.has(each['name']));
  return [...beside, ...objectsOf(status['containerStatuses'])];
}

function readyText(pod: JsonObject): string {
  const ready = statusesTogether(pod).filter(isRunning).length;
  return `${ready}/${objectsOf(objectOf(pod['spec'])['containers']).length + sidecarNames(pod).size}`;
}

/** Of the containers, or of the init containers while these are to be done. */
function restartsText(pod: JsonObject, now: number): string {
  const status = objectOf(pod['status']);
  const isInitializing = initReason(pod, status) !== undefined && !isTrue(status, 'Initialized');
  const containers = isInitializing ? objectsOf(status['initContainerStatuses']) : statusesTogether(pod);
  const restarts = containers.reduce((sum, each) => sum + (numberOf(each['restartCount']) ?? 0), 0);
  const [last] = containers
    .map((each) => stringOf(objectOf(objectOf(each['lastState'])['terminated'])['finishedAt']))
    .filter((time) => time !== '')
    .toSorted((a, b) => Date.parse(b) - Date.parse(a));
  return restarts > 0 && last !== undefined ? `${restarts} (${since(last, now)} ago)` : `${restarts}`;
}

function gatesText({ spec, status }: JsonObject): string {
  const gates = objectsOf(objectOf(spec)['readinessGates']);
  if (gates.length === 0) return '<none>';
  const passed = gates.filter((gate) => isTrue(objectOf(status), stringOf(gate['conditionType'])));
  return `${passed.length}/${gates.length}`;
}

/** The condition of that type in a status. */
export function conditionOf(status: JsonObject, type: string): JsonObject | undefined {
  return objectsOf(status['conditions']).find((condition) => condition['type'] === type);
}

function isTrue(status: JsonObject, type: string): boolean {
  return conditionOf(status, type)?.['status'] === 'True';
}
