import type { KubernetesObject } from '@ebb/api';
import { objectOf, objectsOf } from '../schema/json.ts';
import { resourceKey } from '../store/stored-pair.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { Call, Machine } from './call.ts';
import { forbidden } from './errors.ts';
import { type Amounts, amountOf, amountText, inScopes, unstated, usageOf } from './quota-usage.ts';

const quotas = 'resourcequotas';

/** Throws `Forbidden` if a new object takes more than a ResourceQuota of its namespace leaves. */
export function requireQuota(machine: Machine, call: Call, object: KubernetesObject): void {
  if (!call.info.namespaced || machine.storage.table(quotas).size === 0) return;
  for (const quota of machine.storage.table(quotas).list(call.namespace)) checkQuota(machine, call, object, quota);
}

/** What a quota allows, and what is in use of it. */
export function quotaStatus(machine: Machine, quota: StoredObject): { hard: object; used: Record<string, string> } {
  const hard = hardOf(quota);
  const used = Object.fromEntries([...hard.keys()].map((name) => [name, amountText(name, 0)]));
  for (const info of machine.registry.all()) {
    if (!info.namespaced) continue;
    const names = [...hard.keys()];
    for (const [name, amount] of usedOf(machine, info, quota))
      if (names.includes(name)) used[name] = amountText(name, amount);
  }
  return { hard: objectOf(objectOf((quota.object as { spec?: unknown }).spec)['hard']), used };
}

function checkQuota(machine: Machine, { info, name }: Call, object: KubernetesObject, quota: StoredObject): void {
  if (!isAbout(quota, info, object)) return;
  const hard = hardOf(quota);
  const objectName = object.metadata.name ?? name;
  if (resourceKey(info) === 'pods') {
    const missing = unstated(object, [...hard.keys()].sort());
    if (missing.length > 0)
      throw forbidden(info, objectName, `failed quota: ${quota.name}: must specify ${missing.join('; ')}`);
  }
  const requested = usageOf(info, object);
  const used = usedOf(machine, info, quota);
  const exceeded = [...hard]
    .filter(
      ([each, limit]) => (requested.get(each) ?? 0) > 0 && (used.get(each) ?? 0) + (requested.get(each) ?? 0) > limit,
    )
    .map(([each]) => each)
    .sort();
  if (exceeded.length === 0) return;
  const list = (amounts: Amounts): string =>
    exceeded.map((each) => `${each}=${amountText(each, amounts.get(each) ?? 0)}`).join(',');
  throw forbidden(
    info,
    objectName,
    `exceeded quota: ${quota.name}, requested: ${list(requested)}, used: ${list(used)}, limited: ${list(hard)}`,
  );
}

function hardOf({ object }: StoredObject): Amounts {
  const { hard } = objectOf((object as { spec?: unknown }).spec);
  return new Map(Object.entries(objectOf(hard)).map(([name, quantity]) => [name, amountOf(quantity)]));
}

/** What the objects of one resource use of a quota. */
function usedOf(machine: Machine, info: Call['info'], quota: StoredObject): Amounts {
  const used = new Map<string, number>();
  for (const { object } of machine.storage.table(resourceKey(info)).list(quota.namespace)) {
    if (!isAbout(quota, info, object)) continue;
    for (const [name, amount] of usageOf(info, object)) used.set(name, (used.get(name) ?? 0) + amount);
  }
  return used;
}

/** Scopes are about pods only; those of a `scopeSelector` about none here. */
function isAbout({ object: quota }: StoredObject, info: Call['info'], object: KubernetesObject): boolean {
  const spec = objectOf((quota as { spec?: unknown }).spec);
  const scopes = [
    ...(Array.isArray(spec['scopes']) ? (spec['scopes'] as unknown[]) : []),
    ...objectsOf(objectOf(spec['scopeSelector'])['matchExpressions']).map((each) => each['scopeName']),
  ];
  return scopes.length === 0 || (resourceKey(info) === 'pods' && inScopes(object, scopes));
}
