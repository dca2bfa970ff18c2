import { StatusError } from '@ebb/api';
import { type JsonObject, isObject } from '../schema/json.ts';
import { checkDepth } from './depth.ts';

/**
 * JSON Merge Patch (RFC 7386) of an object: null takes a key away, objects are merged, all else replaces. What is left alone is
 * shared with `target`, what is set with `patch`. Throws `StatusError` (`BadRequest`) if the patch is no object.
 */
export function mergePatch<T>(target: T, patch: unknown): T {
  if (!isObject(patch)) throw new StatusError('BadRequest', 'error decoding patch: a merge patch must be an object');
  checkDepth(patch);
  return merge(target, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setOwn(merged, key, merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value));
  }
  return merged;
}

/** Sets a key, which may be `__proto__`. */
function setOwn(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
