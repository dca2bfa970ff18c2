import type { KubernetesObject } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { canonicalQuantity, quantityValue } from '../schema/quantity.ts';
import { resourceKey } from '../store/stored-pair.ts';

/** Amounts by the names that quotas have for them: `pods`, `requests.cpu`, `count/leases.coordination.k8s.io`. */
export type Amounts = ReadonlyMap<string, number>;

/** Kinds of the core group whose objects a quota also counts by their plural alone. */
const countedByName = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
const podResources = ['cpu', 'memory', 'ephemeral-storage'] as const;

/** What an object takes of a quota; nothing if the quota's scopes are not about it. */
export function usageOf(info: Pick<ResourceInfo, 'group' | 'plural'>, object: KubernetesObject): Amounts {
  const key = resourceKey(info);
  const amounts = new Map<string, number>();
  const fields = object as unknown as JsonObject;
  if (key === 'pods' && isOver(fields)) return amounts;
  amounts.set(`count/${key}`, 1);
  if (countedByName.has(key)) amounts.set(key, 1);
  if (key === 'pods') addPod(amounts, objectOf(fields['spec']));
  if (key === 'services') addService(amounts, objectOf(fields['spec']));
  if (key === 'persistentvolumeclaims') {
    const { requests } = objectOf(objectOf(fields['spec'])['resources']);
    amounts.set('requests.storage', amountOf(objectOf(requests)['storage']));
  }
  return amounts;
}

/** Which of the compute resources in `names` a pod's containers do not state, as `requests.cpu for: a,b`. */
export function unstated(pod: KubernetesObject, names: readonly string[]): string[] {
  const { containers } = objectOf((pod as { spec?: unknown }).spec);
  return names.flatMap((name) => {
    const field = fieldOf(name);
    if (!field) return [];
    const lacking = objectsOf(containers).filter(({ resources }) => {
      const stated = objectOf(objectOf(resources)[field.list]);
      return stated[field.resource] === undefined;
    });
    return lacking.length > 0 ? [`${name} for: ${lacking.map((each) => stringOf(each['name'])).join(',')}`] : [];
  });
}

/** Whether a pod is what the scopes of a quota are about. */
export function inScopes(pod: KubernetesObject, scopes: readonly unknown[]): boolean {
  const { spec, status } = pod as { spec?: unknown; status?: unknown };
  const isBestEffort = objectOf(status)['qosClass'] === 'BestEffort';
  const isTerminating = objectOf(spec)['activeDeadlineSeconds'] !== undefined;
  const holds: Record<string, boolean> = {
    BestEffort: isBestEffort,
    NotBestEffort: !isBestEffort,
    Terminating: isTerminating,
    NotTerminating: !isTerminating,
  };
  return scopes.every((scope) => holds[String(scope)] ?? false);
}

/** An amount as Kubernetes writes it; bytes in powers of two where they come out even. */
export function amountText(name: string, amount: number): string {
  const isBytes = /memory|storage/.test(name) && amount > 0 && amount % 1024 === 0;
  const text = isBytes ? `${amount / 1024}Ki` : `${Math.round(amount * 1000)}m`;
  return canonicalQuantity(text) ?? String(amount);
}

export const amountOf = (quantity: unknown): number =>
  typeof quantity === 'string' || typeof quantity === 'number' ? (quantityValue(String(quantity)) ?? 0) : 0;

function isOver({ status }: JsonObject): boolean {
  return ['Succeeded', 'Failed'].includes(stringOf(objectOf(status)['phase']));
}

function fieldOf(name: string): { list: 'requests' | 'limits'; resource: string } | undefined {
  const [list, resource] = name.includes('.') ? name.split('.', 2) : ['requests', name];
  if (!podResources.some((each) => each === resource) || (list !== 'requests' && list !== 'limits')) return undefined;
  return { list, resource: resource ?? '' };
}

/** Containers run side by side, init containers one by one before them. */
function addPod(amounts: Map<string, number>, spec: JsonObject): void {
  for (const resource of podResources)
    for (const list of ['requests', 'limits']) {
      const of = ({ resources }: JsonObject): number => amountOf(objectOf(objectOf(resources)[list])[resource]);
      const together = objectsOf(spec['containers']).reduce((sum, container) => sum + of(container), 0);
      const amount = Math.max(together, ...objectsOf(spec['initContainers']).map(of));
      amounts.set(`${list}.${resource}`, amount);
      if (list === 'requests') amounts.set(resource, amount);
    }
}

function addService(amounts: Map<string, number>, { type, ports }: JsonObject): void {
  if (type === 'LoadBalancer') amounts.set('services.loadbalancers', 1);
  if (type === 'LoadBalancer' || type === 'NodePort') amounts.set('services.nodeports', objectsOf(ports).length);
}
