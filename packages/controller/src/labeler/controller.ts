import { type KubernetesObject, keyOf } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { keysFrom, ownKeys } from '../watches.ts';
import { routeKeys } from './keys.ts';
import { reconcileLabels } from './reconcile.ts';

/**
 * Writes on Configurations and Revisions which Routes refer to them (serving-api.md, section 21). Whatever names a Route
 * calls for that Route's key, also where the Route is gone though its finalizer was taken away by hand.
 */
export function createLabelerController(context: Context): Controller {
  const { routes, configurations, revisions } = context.informers;
  const naming = (index: 'configuration' | 'revision', object: KubernetesObject): readonly string[] =>
    routes.byIndex(index, keyOf(object)).map(keyOf);
  return createController(context, {
    name: 'labeler',
    informer: routes,
    reconcile: reconcileLabels,
    keys: merge(
      ownKeys(routes),
      keysFrom(configurations, (object) => [...routeKeys(object), ...naming('configuration', object)]),
      keysFrom(revisions, (object) => [...routeKeys(object), ...naming('revision', object)]),
    ),
  });
}
