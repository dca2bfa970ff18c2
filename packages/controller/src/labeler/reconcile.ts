import { type Configuration, type Resource, type Revision, isNotFound, resources } from '@ebb/api';
import { controllerOf, isFailed, isReady } from '@ebb/kube';
import type { Work } from '../context.ts';
import { addFinalizer, removeFinalizer } from '../finalizers.ts';
import { isDeleting } from '../metadata.ts';
import { type Referred, findReferred } from './referred.ts';
import { type MetadataPatch, patchRevision, patchRoutes, routeFinalizer } from './resources.ts';

interface RouteKey {
  readonly namespace: string;
  readonly name: string;
}

const nothing: Referred = { configurations: new Set(), revisions: new Set() };

/** Writes the Route's name on what it refers to and takes it from what it no longer does (serving-api.md, section 21). */
export async function reconcileLabels(work: Work, key: RouteKey): Promise<void> {
  const known = work.informers.routes.get(key.namespace, key.name);
  if (!known || isDeleting(known)) {
    if (!isExpected(work, key)) await clear(work, key, nothing);
    if (known) await removeFinalizer(work, resources.routes, known, routeFinalizer);
    return;
  }
  const route = await addFinalizer(work, resources.routes, known, routeFinalizer);
  const referred = findReferred(route, {
    configuration: (name) => work.informers.configurations.get(key.namespace, name),
    revision: (name) => work.informers.revisions.get(key.namespace, name),
    revisionsOf: ({ metadata: { uid = '' } }) => work.informers.revisions.byIndex('controller', uid),
  });
  await add(work, key, referred);
  // While traffic moves, the revisions it comes from must stay as they are.
  if (isReady(route) || isFailed(route)) await clear(work, key, referred);
}

/** True if a Service of that name is about to make the Route: its Revisions carry the name from their start. */
function isExpected({ informers }: Work, { namespace, name }: RouteKey): boolean {
  const service = informers.services.get(namespace, name);
  return service !== undefined && !isDeleting(service);
}

async function add(work: Work, key: RouteKey, referred: Referred): Promise<void> {
  const { configurations, revisions } = work.informers;
  for (const name of referred.configurations) {
    const configuration = configurations.get(key.namespace, name);
    if (configuration) await labelConfiguration(work, configuration, key.name, true);
  }
  for (const name of referred.revisions) {
    const revision = revisions.get(key.namespace, name);
    if (revision) await labelRevision(work, revision, key.name, true);
  }
}

async function clear(work: Work, key: RouteKey, referred: Referred): Promise<void> {
  const { configurations, revisions } = work.informers;
  const index = `${key.namespace}/${key.name}`;
  for (const configuration of configurations.byIndex('route', index)) {
    if (referred.configurations.has(configuration.metadata.name ?? '')) continue;
    // That name is the Service's to write; both writing it would never end.
    if (isOfService(configuration, key.name)) continue;
    await labelConfiguration(work, configuration, key.name, false);
  }
  for (const revision of revisions.byIndex('route', index)) {
    if (referred.revisions.has(revision.metadata.name ?? '')) continue;
    await labelRevision(work, revision, key.name, false);
  }
}

function isOfService(configuration: Configuration, name: string): boolean {
  const controller = controllerOf(configuration);
  return controller?.kind === 'Service' && controller.name === name;
}

function labelConfiguration(work: Work, configuration: Configuration, route: string, referred: boolean): Promise<void> {
  return patchMetadata(work, resources.configurations, configuration, patchRoutes(configuration, route, referred));
}

function labelRevision(work: Work, revision: Revision, route: string, referred: boolean): Promise<void> {
  const patch = patchRevision(revision, { route, referred, now: work.clock.now() });
  return patchMetadata(work, resources.revisions, revision, patch);
}

async function patchMetadata<T extends Configuration | Revision>(
  { client, signal }: Work,
  resource: Resource<T>,
  { metadata: { namespace, name = '' } }: T,
  body: MetadataPatch | undefined,
): Promise<void> {
  if (!body) return;
  try {
    await client.patch(resource, { namespace, name }, { type: 'merge', body }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
