import type { KubernetesObject, Schema } from '@ebb/api';
import { isObject } from '../schema/json.ts';
import { fieldsApplied } from './field-changes.ts';
import { FieldSet } from './field-set.ts';
import { withoutManagedFields } from './managers.ts';

/** Where kubectl keeps what it applied from the client. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The fields that `kubectl apply` set before it applied from the server: they are kubectl's own, whatever manager they stand
 * under, so that going over to server-side apply meets no conflict. Empty without a readable annotation.
 */
export function fieldsOfLastApplied(live: KubernetesObject, schema: Schema): FieldSet {
  const parsed = parse(live.metadata.annotations?.[lastApplied]);
  return parsed?.['apiVersion'] === live.apiVersion ? fieldsApplied(parsed, schema) : new FieldSet();
}

/** `merged` with the annotation, where it has one, telling of `applied`, so that a later client-side apply goes on from there. */
export function withLastApplied(merged: KubernetesObject, applied: KubernetesObject): KubernetesObject {
  if (!merged.metadata.annotations?.[lastApplied]) return merged;
  const { metadata, ...rest } = withoutManagedFields(applied);
  const { [lastApplied]: _, ...others } = metadata.annotations ?? {};
  const text = JSON.stringify({ ...rest, metadata: { ...metadata, annotations: others } }, sorted);
  const annotations = { ...merged.metadata.annotations, [lastApplied]: `${text}\n` };
  return { ...merged, metadata: { ...merged.metadata, annotations } };
}

/** Sorts keys, as kubectl does: `kubectl diff` shows what changed, and not that the order did. */
function sorted(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
