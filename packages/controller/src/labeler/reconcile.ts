import { type Configuration, type Resource, type Revision, type Route, isNotFound, resources } from '@ebb/api';
import { isFailed, isReady } from '@ebb/kube';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { type Referred, findReferred } from './referred.ts';
import { type MetadataPatch, patchRevision, patchRoutes } from './resources.ts';

interface RouteKey {
  readonly namespace: string;
  readonly name: string;
}

const nothing: Referred = { configurations: new Set(), revisions: new Set() };

/** Writes the Route's name on what it refers to and takes it from what it no longer does (serving-api.md, section 21). */
export async function reconcileLabels(work: Work, key: RouteKey): Promise<void> {
  const { informers } = work;
  const route = informers.routes.get(key.namespace, key.name);
  const gone = !route || isDeleting(route);
  const referred = gone
    ? nothing
    : findReferred(route, {
        configuration: (name) => informers.configurations.get(key.namespace, name),
        revision: (name) => informers.revisions.get(key.namespace, name),
      });
  await add(work, key, referred);
  // While traffic moves, the revisions it comes from must stay as they are.
  if (gone || isSettled(route)) await clear(work, key, referred);
}

function isSettled(route: Route): boolean {
  return isReady(route) || isFailed(route);
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
    await labelConfiguration(work, configuration, key.name, false);
  }
  for (const revision of revisions.byIndex('route', index)) {
    if (referred.revisions.has(revision.metadata.name ?? '')) continue;
    await labelRevision(work, revision, key.name, false);
  }
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
