import { type KubernetesObject, keys } from '@ebb/api';

/** How long a gradual rollout is to take; the first spelling that is there counts. */
export const rolloutSpellings: readonly string[] = [keys.rolloutDuration, 'serving.knative.dev/rolloutDuration'];

type Texts = Readonly<Record<string, string>>;

/** The entries of a map of labels or annotations but those of the given keys. */
export function without(map: Texts | undefined, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}

/** The entries of the given keys, as far as they are there. */
export function only(map: Texts | undefined, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => keys.includes(key)));
}

/** The value of the first of several spellings of a key that is present. */
export function firstOf(map: Texts | undefined, keys: readonly string[]): string | undefined {
  const key = keys.find((spelling) => map?.[spelling] !== undefined);
  return key === undefined ? undefined : map?.[key];
}

/** Names in a comma-separated annotation, in order. */
export function parseNames(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((name) => name.trim() || []);
}

/** Names as an annotation holds them: sorted, each once; `undefined` for none. */
export function formatNames(names: Iterable<string>): string | undefined {
  return [...new Set(names)].toSorted().join(',') || undefined;
}

/** True if the object is on its way out: nothing is to be made for it any more. */
export function isDeleting({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
