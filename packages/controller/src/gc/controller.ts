import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, ownKeys } from '../watches.ts';
import { collectGarbage } from './reconcile.ts';

/** Deletes Revisions that no Route has referred to for long (serving-api.md, section 22). */
export function createGcController(context: Context): Controller {
  const { configurations, revisions } = context.informers;
  return createController(context, {
    name: 'gc',
    informer: configurations,
    reconcile: collectGarbage,
    keys: merge(
      ownKeys(configurations),
      controllerKeys(revisions, 'Configuration'),
      allKeysOn(context.config.changes, configurations),
    ),
  });
}
