import { type Configuration, type Route, type Service, resources } from '@ebb/api';
import { type ConditionManager, type ReconcileResult, conditionOf } from '@ebb/kube';
import { NotOwnedError, reconcileChild } from '../children.ts';
import { isNameTaken } from '../configuration/latest-ready.ts';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { isMigrated } from './migrated.ts';
import { makeConfiguration, makeRoute } from './resources.ts';

/** Makes the Service's Configuration and Route right and sums up how they are (serving-api.md, section 14). */
export async function reconcileService(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReconcileResult> {
  const service = work.informers.services.get(namespace, name);
  if (!service || isDeleting(service)) return {};
  return reconcileStatus(work, {
    resource: resources.services,
    object: service,
    conditionSet: conditionSets.service,
    patient: true,
    reconcile: (conditions, draft) => reconcileChildren(work, service, conditions, draft),
  });
}

async function reconcileChildren(
  work: Work,
  service: Service,
  conditions: ConditionManager,
  draft: StatusDraft<Service>,
): Promise<void> {
  const configuration = await reconcileConfiguration(work, service, conditions);
  takeConfiguration(configuration, conditions, draft);
  const ownName = service.spec.template.metadata?.name;
  // An own name may prove to be taken: until that is known the Route must not move.
  if (ownName && !isObserved(configuration)) return;
  if (ownName && isNameTaken(work.informers.revisions.get(service.metadata.namespace, ownName), configuration)) {
    const message = `The revision name "${ownName}" is taken by a conflicting Revision, so traffic will not be migrated`;
    conditions.markFalse('RoutesReady', 'RevisionNameTaken', message);
    return;
  }
  const route = await reconcileRoute(work, service, conditions);
  takeRoute(route, conditions, draft, configuration.status?.latestReadyRevisionName);
}

async function reconcileConfiguration(
  work: Work,
  service: Service,
  conditions: ConditionManager,
): Promise<Configuration> {
  const { configurations } = work.informers;
  try {
    return await reconcileChild(
      work,
      { resource: resources.configurations, informer: configurations },
      { parent: service, make: (live) => makeConfiguration(service, live) },
    );
  } catch (error) {
    if (error instanceof NotOwnedError) conditions.markFalse('ConfigurationsReady', 'NotOwned', notOwned(error));
    throw error;
  }
}

async function reconcileRoute(work: Work, service: Service, conditions: ConditionManager): Promise<Route> {
  const { routes } = work.informers;
  try {
    return await reconcileChild(
      work,
      { resource: resources.routes, informer: routes },
      { parent: service, make: () => makeRoute(service) },
    );
  } catch (error) {
    if (error instanceof NotOwnedError) conditions.markFalse('RoutesReady', 'NotOwned', notOwned(error));
    throw error;
  }
}

function takeConfiguration(
  configuration: Configuration,
  conditions: ConditionManager,
  draft: StatusDraft<Service>,
): void {
  if (!isObserved(configuration)) {
    const message = 'The Configuration is still working to reflect the latest desired specification.';
    conditions.markUnknown('ConfigurationsReady', 'OutOfDate', message);
    return;
  }
  const { latestCreatedRevisionName, latestReadyRevisionName } = configuration.status ?? {};
  assign(draft, { latestCreatedRevisionName, latestReadyRevisionName });
  copyReady(configuration, conditions, 'ConfigurationsReady');
}

function takeRoute(
  route: Route,
  conditions: ConditionManager,
  draft: StatusDraft<Service>,
  latestReadyRevision: string | undefined,
): void {
  if (!isObserved(route)) {
    const message = 'The Route is still working to reflect the latest desired specification.';
    conditions.markUnknown('RoutesReady', 'OutOfDate', message);
    return;
  }
  const { url, address, traffic } = route.status ?? {};
  assign(draft, { url, address, traffic });
  copyReady(route, conditions, 'RoutesReady');
  if (conditions.get('RoutesReady')?.status === 'True' && !isMigrated(route, latestReadyRevision)) {
    const message = 'Traffic is not yet migrated to the latest revision.';
    conditions.markUnknown('RoutesReady', 'TrafficNotMigrated', message);
  }
}

/** Makes a condition say what the child's Ready says. */
function copyReady(child: Configuration | Route, conditions: ConditionManager, type: string): void {
  const { status, reason, message } = conditionOf(child.status, 'Ready') ?? { status: 'Unknown' };
  if (status === 'True') conditions.markTrue(type);
  else if (status === 'False') conditions.markFalse(type, reason ?? '', message);
  else conditions.markUnknown(type, reason, message);
}

/** Sets the fields that have a value and takes away the others. */
function assign(
  draft: StatusDraft<Service>,
  fields: { [K in keyof StatusDraft<Service>]: StatusDraft<Service>[K] | undefined },
): void {
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) Reflect.deleteProperty(draft, key);
    else Reflect.set(draft, key, value);
  }
}

function isObserved({ metadata, status }: Configuration | Route): boolean {
  return metadata.generation === status?.observedGeneration;
}

function notOwned({ kind, childName }: NotOwnedError): string {
  return `There is an existing ${kind} "${childName}" that we do not own.`;
}
