import { resources } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { controllerKeys, specKeys } from '../watches.ts';
import { reconcileService } from './reconcile.ts';

/** Keeps a Configuration and a Route for every Service (serving-api.md, section 14). */
export function createServiceController(context: Context): Controller {
  const { services, configurations, routes } = context.informers;
  return createController(context, {
    name: 'service',
    informer: services,
    reconcile: reconcileService,
    keys: merge(
      specKeys(context, resources.services, services),
      controllerKeys(configurations, 'Service'),
      controllerKeys(routes, 'Service'),
    ),
  });
}
