import { type Revision, keyOf, keys, resources } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, keyInNamespace, keysFrom, specKeys } from '../watches.ts';
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
      specKeys(context, resources.routes, routes),
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

function configurationKey(revision: Revision): string {
  return keyInNamespace(revision, revision.metadata.labels?.[keys.configuration] ?? '');
}
