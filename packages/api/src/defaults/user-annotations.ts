import { keys } from '../keys.ts';
import type { KubernetesObject } from '../meta.ts';

export interface WriteBy {
  readonly userName: string;
  readonly isCreate: boolean;
  /** Whether spec differs in meaning from the one it replaces. */
  readonly specChanged: boolean;
}

/** The object with who made it and who changed it last, as far as this write changes that (serving-api.md, section 4). */
export function withUserAnnotations<T extends KubernetesObject>(
  object: T,
  { userName, isCreate, specChanged }: WriteBy,
): T {
  if (!isCreate && !specChanged) return object;
  const annotations = {
    ...object.metadata.annotations,
    ...(isCreate ? { [keys.creator]: userName } : {}),
    [keys.lastModifier]: userName,
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
