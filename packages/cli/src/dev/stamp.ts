import type { KubernetesObject, Service } from '@ebb/api';
import { appNameOf } from '@ebb/local-eci';

/** On a revision template: the fingerprint of the app folders it runs, so that changed code makes a new Revision. */
const sourceAnnotation = 'ebb.dev/source';

/** The app folders that an object's containers run; none for objects without a revision template. */
export function appsOf(object: KubernetesObject): string[] {
  if (!hasTemplate(object)) return [];
  const { containers, initContainers } = object.spec.template.spec;
  const images = [...listOf(containers), ...listOf(initContainers)].map((container) =>
    appNameOf(container?.image ?? ''),
  );
  return [...new Set(images.filter((name) => name !== undefined))].sort();
}

/**
 * The object with the fingerprints of its apps on the revision template. A template with a name of its own is left alone:
 * it may not change without a new name.
 */
export function stampSource<T extends KubernetesObject>(object: T, hashOf: (app: string) => string | undefined): T {
  const hashes = appsOf(object).flatMap((app) => hashOf(app) ?? []);
  if (hashes.length === 0 || !hasTemplate(object) || object.spec.template.metadata?.name) return object;
  const { template } = object.spec;
  const annotations = {
    ...template.metadata?.annotations,
    [sourceAnnotation]: hashes.map((hash) => hash.slice(0, 12)).join('-'),
  };
  return {
    ...object,
    spec: { ...object.spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
  };
}

function hasTemplate(object: KubernetesObject): object is Service {
  if (!object.apiVersion?.startsWith('serving.knative.dev/')) return false;
  if (object.kind !== 'Service' && object.kind !== 'Configuration') return false;
  const { spec } = object as { spec?: { template?: { spec?: unknown } } };
  return typeof spec?.template?.spec === 'object' && spec.template.spec !== null;
}

function listOf<T>(value: readonly T[] | undefined): readonly (T | undefined)[] {
  return Array.isArray(value) ? value : [];
}
