import { StatusError } from '@ebb/api';

/** Deepest nesting of objects and lists that patches are worked out for; what walks them may recurse. */
export const maxDepth = 256;

/** Throws `StatusError` (`BadRequest`) if `value` is nested deeper than `maxDepth`. Does not recurse itself. */
export function checkDepth(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new StatusError('BadRequest', `the object is nested deeper than ${maxDepth} levels`);
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
}
