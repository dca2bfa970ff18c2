import { type KubernetesObject, keyOf, resources } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, keysFrom, specKeys } from '../watches.ts';
import { reconcileDomainMapping } from './reconcile.ts';

/** Serves a Service or Route under a domain of the user's own (serving-api.md, section 23). */
export function createDomainMappingController(context: Context): Controller {
  const { domainMappings, clusterDomainClaims, ingresses, services, routes, placeholders } = context.informers;
  const referringTo =
    (kind: string) =>
    ({ metadata }: KubernetesObject): readonly string[] =>
      domainMappings.byIndex('reference', `${metadata.namespace}/${kind}/${metadata.name}`).map(keyOf);
  return createController(context, {
    name: 'domain-mapping',
    informer: domainMappings,
    reconcile: reconcileDomainMapping,
    keys: merge(
      specKeys(context, resources.domainMappings, domainMappings),
      keysFrom(clusterDomainClaims, ({ metadata }) => domainMappings.byIndex('domain', metadata.name ?? '').map(keyOf)),
      keysFrom(services, referringTo('Service')),
      keysFrom(placeholders, referringTo('Service')),
      keysFrom(routes, referringTo('Route')),
      controllerKeys(ingresses, 'DomainMapping'),
      allKeysOn(context.config.changes, domainMappings),
    ),
  });
}
