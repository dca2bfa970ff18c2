import { type KubernetesObject, type Resource, isNotFound, keys } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import { withStoredTemplate } from './named-template.ts';

export type Applied = 'created' | 'configured' | 'unchanged';

/** kubectl's own field manager: what `ebb apply` wrote, `kubectl apply` goes on with, and the other way round. */
const kubectlManager = 'kubectl';

export interface ApplyOptions<T> {
  /** Where an object that names none goes. Default `default`. */
  readonly namespace?: string | undefined;
  readonly dryRun?: boolean;
  /** Who owns the fields. Default: kubectl's manager. */
  readonly fieldManager?: string;
  /** What the manifest says, where `object` holds more. */
  readonly manifest?: T;
}

/** Server-side apply of one manifest object; tells what it came to. */
export async function applyObject<T extends KubernetesObject>(
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  { namespace = 'default', dryRun = false, fieldManager = kubectlManager, manifest = object }: ApplyOptions<T> = {},
): Promise<{ readonly object: T; readonly applied: Applied }> {
  const within = resource.namespaced ? { namespace: object.metadata.namespace ?? namespace } : {};
  const key = { ...within, name: object.metadata.name ?? '' };
  const before = await client.get(resource, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const annotations = { ...object.metadata.annotations, [keys.lastApplied]: lastApplied(manifest, within) };
  const whole = await withStoredTemplate(client, resource, object, before);
  const body = { ...whole, metadata: { ...object.metadata, ...within, annotations } };
  const after = await client.patch(resource, key, { type: 'apply', body, force: true }, { fieldManager, dryRun });
  return { object: after, applied: appliedFrom(before, after) };
}

function appliedFrom(before: KubernetesObject | undefined, after: KubernetesObject): Applied {
  if (!before) return 'created';
  return before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'configured';
}

/** kubectl's note of what was applied, without which a later `kubectl apply` warns and cannot see removed fields. */
function lastApplied({ metadata, ...rest }: KubernetesObject, within: { readonly namespace?: string }): string {
  const { [keys.lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  // Letter for letter as kubectl writes it, so that its next apply of the same manifest finds nothing changed.
  return `${JSON.stringify(sorted({ ...rest, metadata: { ...metadata, ...within, annotations } }))}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
