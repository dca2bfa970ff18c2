import { isDeepStrictEqual } from 'node:util';
import { type Operation, createPatch } from 'rfc6902';

/**
 * The JSON patch (RFC 6902) from one JSON value to another. A list that changed is replaced as a whole: what the shortest
 * patch of two long lists would be takes time and memory with the product of their lengths.
 */
export function patchBetween(before: unknown, after: unknown): Operation[] {
  return createPatch(before, after, (from: unknown, to: unknown, pointer) => {
    if (!Array.isArray(from) || !Array.isArray(to)) return undefined;
    return isDeepStrictEqual(from, to) ? [] : [{ op: 'replace', path: pointer.toString(), value: to }];
  });
}
