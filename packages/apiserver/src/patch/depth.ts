import { StatusError } from '@ebb/api';

/** Deepest nesting of objects and lists that patches are worked out for; what walks them may recurse. */
export const maxDepth = 256;

/** Throws `StatusError` (`BadRequest`) if lists and objects in `value` are nested deeper than `maxDepth`. Does not recurse itself. */
export function checkDepth(value: unknown): void {
  let level = [value].filter(isNest);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new StatusError('BadRequest', `the object is nested deeper than ${maxDepth} levels`);
    const below: object[] = [];
    for (const nest of level) for (const each of Object.values(nest)) if (isNest(each)) below.push(each);
    level = below;
  }
}

/** Whether there may be something in it. */
function isNest(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
