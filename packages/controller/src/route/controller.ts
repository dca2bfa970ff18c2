import { type Revision, type Route, keyOf, keys } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, keyInNamespace, keysFrom, ownKeys } from '../watches.ts';
import { reconcileRoute } from './reconcile.ts';

/** Resolves every Route's traffic and keeps its Ingress and placeholder Services (serving-api.md, section 19). */
export function createRouteController(context: Context): Controller {
  const { routes, configurations, revisions, ingresses, placeholders } = context.informers;
  const naming = (index: 'configuration' | 'revision', key: string): readonly string[] =>
    routes.byIndex(index, key).map(keyOf);
  return createController(context, {
    name: 'route',
    informer: routes,
    reconcile: reconcileRoute,
    keys: merge(
      ownKeys(routes),
      keysFrom(configurations, (configuration) => naming('configuration', keyOf(configuration))),
      keysFrom(revisions, (revision) => [
        ...naming('revision', keyOf(revision)),
        ...naming('configuration', configurationKey(revision)),
      ]),
      controllerKeys(ingresses, 'Route'),
      controllerKeys(placeholders, 'Route'),
      allKeysOn(context.config.changes, routes),
    ),
  });
}

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

function configurationKey(revision: Revision): string {
  return keyInNamespace(revision, revision.metadata.labels?.[keys.configuration] ?? '');
}
