import { resources } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { controllerKeys, specKeys } from '../watches.ts';
import { reconcileConfiguration } from './reconcile.ts';

/** Makes a Revision for every generation of a Configuration and follows them (serving-api.md, section 15). */
export function createConfigurationController(context: Context): Controller {
  const { configurations, revisions } = context.informers;
  return createController(context, {
    name: 'configuration',
    informer: configurations,
    reconcile: reconcileConfiguration,
    keys: merge(
      specKeys(context, resources.configurations, configurations),
      controllerKeys(revisions, 'Configuration'),
    ),
  });
}
