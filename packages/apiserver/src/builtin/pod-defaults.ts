import { isObject, isStored, type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { quantityValue } from '../schema/quantity.ts';
import { child, setDefault, setDefaults } from './set-defaults.ts';

const defaultMode = 0o644;
const evictAfterSeconds = 300;

/** Sets in place what a decoder of kube-apiserver sets in a Pod. */
export function defaultPod(pod: JsonObject): void {
  const spec = child(pod, 'spec');
  if (!isStored(spec)) defaultSpec(spec);
  const status = objectOf(pod['status']);
  if (status['podIP']) setDefault(status, 'podIPs', [{ ip: status['podIP'] }]);
}

function defaultSpec(spec: JsonObject): void {
  setDefaults(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: true,
  });
  if (spec['serviceAccount']) setDefault(spec, 'serviceAccountName', spec['serviceAccount']);
  if (spec['serviceAccountName']) setDefault(spec, 'serviceAccount', spec['serviceAccountName']);
  for (const container of allContainers(spec)) defaultContainer(container, spec['hostNetwork'] === true);
  for (const volume of objectsOf(spec['volumes'])) defaultVolume(volume);
}

/** Sets in place what admission adds to a Pod (service account, priority, tolerations), and what its status begins with. */
export function completePod(pod: JsonObject): void {
  const spec = child(pod, 'spec');
  if (!isStored(spec)) completeSpec(spec);
  const status = child(pod, 'status');
  setDefault(status, 'phase', 'Pending');
  status['qosClass'] ??= qosClass(spec);
}

function completeSpec(spec: JsonObject): void {
  setDefaults(spec, { serviceAccountName: 'default', preemptionPolicy: 'PreemptLowerPriority', priority: 0 });
  setDefault(spec, 'serviceAccount', spec['serviceAccountName']);
  tolerate(spec, 'node.kubernetes.io/not-ready');
  tolerate(spec, 'node.kubernetes.io/unreachable');
}

/** Containers of all three lists of a pod spec. */
export function allContainers(spec: JsonObject): JsonObject[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => objectsOf(spec[list]));
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  setDefaults(container, {
    imagePullPolicy: pullPolicy(stringOf(container['image'])),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  });
  for (const port of objectsOf(container['ports'])) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork) setDefault(port, 'hostPort', port['containerPort']);
  }
  for (const variable of objectsOf(container['env'])) defaultFieldRef(variable['valueFrom']);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[probe]);
  const lifecycle = objectOf(container['lifecycle']);
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(objectOf(lifecycle[hook])['httpGet']);
  defaultRequests(container['resources']);
}

/** What is limited and not requested is requested in full. */
function defaultRequests(resources: unknown): void {
  if (!isObject(resources) || !isObject(resources['limits'])) return;
  if (Object.keys(resources['limits']).length > 0) setDefaults(child(resources, 'requests'), resources['limits']);
}

/** An image without tag, or with tag `latest`, may change at any time. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: unknown): void {
  if (!isObject(probe)) return;
  setDefaults(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultHttpGet(probe['httpGet']);
  if (isObject(probe['grpc'])) setDefault(probe['grpc'], 'service', '');
}

function defaultHttpGet(action: unknown): void {
  if (isObject(action)) setDefaults(action, { path: '/', scheme: 'HTTP' });
}

function defaultFieldRef(source: unknown): void {
  const { fieldRef } = objectOf(source);
  if (isObject(fieldRef)) setDefault(fieldRef, 'apiVersion', 'v1');
}

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected'])
    if (isObject(volume[source])) setDefault(volume[source], 'defaultMode', defaultMode);
  if (isObject(volume['hostPath'])) setDefault(volume['hostPath'], 'type', '');
  for (const item of objectsOf(objectOf(volume['downwardAPI'])['items'])) defaultFieldRef(item);
  for (const source of objectsOf(objectOf(volume['projected'])['sources'])) {
    for (const item of objectsOf(objectOf(source['downwardAPI'])['items'])) defaultFieldRef(item);
    const token = source['serviceAccountToken'];
    if (isObject(token)) setDefault(token, 'expirationSeconds', 3600);
  }
}

/** Unless the pod says otherwise it outlives trouble of its node by five minutes. */
function tolerate(spec: JsonObject, key: string): void {
  const tolerations = objectsOf(spec['tolerations']);
  const covers = ({ key: tolerated, effect }: JsonObject): boolean =>
    (!tolerated || tolerated === key) && (!effect || effect === 'NoExecute');
  if (tolerations.some(covers)) return;
  const toleration = { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: evictAfterSeconds };
  spec['tolerations'] = [...tolerations, toleration];
}

/** Guaranteed if every container has CPU and memory limits equal to its requests, BestEffort if none has any. */
function qosClass(spec: JsonObject): string {
  const resources = [...objectsOf(spec['containers']), ...objectsOf(spec['initContainers'])].map((container) =>
    objectOf(container['resources']),
  );
  const has = (map: unknown): boolean => ['cpu', 'memory'].some((name) => positive(objectOf(map)[name]));
  if (!resources.some(({ requests, limits }) => has(requests) || has(limits))) return 'BestEffort';
  const guaranteed = resources.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = objectOf(limits)[name];
      return positive(limit) && String(objectOf(requests)[name] ?? limit) === String(limit);
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(quantity: unknown): boolean {
  return (quantityValue(String(quantity)) ?? 0) > 0;
}
