import { type KubernetesObject, keys } from '@ebb/api';
import { parseNames } from '../metadata.ts';
import { keyInNamespace } from '../watches.ts';

/** Keys of the Routes an object says it is referred to by; an index of the informers, too. */
export function routeKeys(object: KubernetesObject): readonly string[] {
  return parseNames(object.metadata.annotations?.[keys.routes]).map((name) => keyInNamespace(object, name));
}
