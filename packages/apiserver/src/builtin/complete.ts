import { isDeepStrictEqual } from 'node:util';
import type { ResourceInfo } from '../resource-info.ts';
import { type JsonObject, objectOf, objectsOf } from '../schema/json.ts';
import { completePod } from './pod-defaults.ts';
import { child, setDefault, setDefaults } from './set-defaults.ts';

/**
 * Sets in place what kube-apiserver adds to an object of a built-in kind once it knows who owns which field: by its
 * admission plugins, and as it stores the object. Nobody owns these fields. `old` is the object it replaces.
 */
export function completeBuiltin(object: JsonObject, { kind }: Pick<ResourceInfo, 'kind'>, old?: JsonObject): void {
  if (Object.hasOwn(completers, kind)) completers[kind]?.(object, old);
}

const completers: Record<string, (object: JsonObject, old: JsonObject | undefined) => void> = {
  Pod: completePod,
  Service: completeService,
  Namespace: (object) => {
    setDefault(child(object, 'status'), 'phase', 'Active');
    // Once it is being deleted an empty list means that all is gone.
    if (objectOf(object['metadata'])['deletionTimestamp'] === undefined)
      setDefault(child(object, 'spec'), 'finalizers', ['kubernetes']);
  },
  PersistentVolumeClaim: (object) => setDefault(child(object, 'status'), 'phase', 'Pending'),
  PersistentVolume: (object) => setDefault(child(object, 'status'), 'phase', 'Pending'),
  PodDisruptionBudget: (object) =>
    setDefaults(child(object, 'status'), {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
    }),
};

/** Its addresses are given out when it is stored; those it has it keeps. */
function completeService(object: JsonObject, old: JsonObject | undefined): void {
  const spec = child(object, 'spec');
  const before = objectOf(old?.['spec']);
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      if (isDeepStrictEqual(spec[field], before[field]) || spec[field] === '') delete spec[field];
    return;
  }
  if (!spec['clusterIP'] && before['clusterIP']) spec['clusterIP'] = before['clusterIP'];
  if (spec['clusterIP']) setDefault(spec, 'clusterIPs', [spec['clusterIP']]);
  const isDual = spec['clusterIP'] === 'None' && !spec['selector'];
  setDefaults(spec, {
    internalTrafficPolicy: 'Cluster',
    ipFamilies: isDual ? ['IPv4', 'IPv6'] : ['IPv4'],
    ipFamilyPolicy: isDual ? 'RequireDualStack' : 'SingleStack',
  });
  if (spec['type'] !== 'ClusterIP') keepNodePorts(objectsOf(spec['ports']), objectsOf(before['ports']));
}

function keepNodePorts(ports: readonly JsonObject[], before: readonly JsonObject[]): void {
  for (const port of ports) {
    const same = before.find((each) => each['port'] === port['port'] && each['protocol'] === port['protocol']);
    if (same?.['nodePort'] !== undefined) setDefault(port, 'nodePort', same['nodePort']);
  }
}
