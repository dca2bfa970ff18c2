import type { Route } from '@ebb/api';
import { keyInNamespace } from '../watches.ts';

/** Keys of what a Route's spec names, as indexes of its informer. */
export const routeIndexes = {
  configuration: (route: Route): readonly string[] => named(route, 'configurationName'),
  revision: (route: Route): readonly string[] => named(route, 'revisionName'),
} as const;

function named(route: Route, field: 'configurationName' | 'revisionName'): readonly string[] {
  return (route.spec.traffic ?? []).flatMap((target) => {
    const name = target[field];
    return name ? [keyInNamespace(route, name)] : [];
  });
}
