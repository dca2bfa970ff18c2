import { type Configuration, type Revision, isAlreadyExists, isNotFound, keys, resources } from '@ebb/api';
import { messageOf } from '@ebb/base';
import { type ConditionManager, conditionOf, controllerOf } from '@ebb/kube';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { findLatestReady, isNameTaken } from './latest-ready.ts';
import { makeRevision, revisionNameOf } from './resources.ts';

/** Sees to the Revision of the present generation and to which one is the latest ready (serving-api.md, section 15). */
export async function reconcileConfiguration(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const configuration = work.informers.configurations.get(namespace, name);
  if (!configuration || isDeleting(configuration)) return;
  await reconcileStatus(work, {
    resource: resources.configurations,
    object: configuration,
    conditionSet: conditionSets.configuration,
    reconcile: (conditions, draft) => reconcileRevision(work, configuration, conditions, draft),
  });
}

async function reconcileRevision(
  work: Work,
  configuration: Configuration,
  conditions: ConditionManager,
  draft: StatusDraft<Configuration>,
): Promise<void> {
  const created = await findOrCreate(work, configuration, conditions);
  if (!created) return;
  const { name = '' } = created.metadata;
  draft.latestCreatedRevisionName = name;
  if (draft.latestReadyRevisionName !== name) conditions.markUnknown('Ready');
  const { status, message = '' } = conditionOf(created.status, 'Ready') ?? {};
  if (status === 'False') tellFailure(work, configuration, conditions, { name, message });
  chooseLatestReady(work, configuration, conditions, draft);
}

/** The Revision of the present generation; `undefined` if its name is taken for good. */
async function findOrCreate(
  work: Work,
  configuration: Configuration,
  conditions: ConditionManager,
): Promise<Revision | undefined> {
  const known = await find(work, configuration);
  if (known && !isForeign(known, configuration)) return known;
  if (known) {
    markCreationFailed(conditions, `revisions.serving.knative.dev "${known.metadata.name}" already exists`);
    return undefined;
  }
  return create(work, configuration, conditions);
}

async function find(work: Work, configuration: Configuration): Promise<Revision | undefined> {
  const { client, informers, signal } = work;
  const { namespace, uid, generation } = configuration.metadata;
  if (configuration.spec.template.metadata?.name) {
    const name = revisionNameOf(configuration);
    const known = informers.revisions.get(namespace, name);
    if (known) return known;
    // Asked of the server, so that a Revision the informer has yet to see is not taken for a free name.
    return client.get(resources.revisions, { namespace, name }, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }
  const ofGeneration = String(generation);
  return informers.revisions
    .byIndex('controller', uid ?? '')
    .find(({ metadata }) => metadata.labels?.[keys.configurationGeneration] === ofGeneration);
}

function isForeign(revision: Revision, configuration: Configuration): boolean {
  return configuration.spec.template.metadata?.name !== undefined && isNameTaken(revision, configuration);
}

async function create(work: Work, configuration: Configuration, conditions: ConditionManager): Promise<Revision> {
  const { client, clock, events, signal } = work;
  const revision = makeRevision(configuration, clock.now());
  const { namespace, name = '' } = revision.metadata;
  try {
    const created = await client.create(resources.revisions, revision, { signal });
    events.event(configuration, 'Normal', 'Created', `Created Revision "${created.metadata.name}"`);
    return created;
  } catch (error) {
    if (signal.aborted) throw error;
    if (isAlreadyExists(error)) {
      // Most likely ours, and not seen by the informer yet.
      const existing = await client.get(resources.revisions, { namespace, name }, { signal });
      if (controllerOf(existing)?.uid === configuration.metadata.uid) return existing;
    }
    events.event(configuration, 'Warning', 'CreationFailed', `Failed to create Revision: ${messageOf(error)}`);
    markCreationFailed(conditions, messageOf(error));
    throw error;
  }
}

function markCreationFailed(conditions: ConditionManager, message: string): void {
  conditions.markFalse('Ready', 'RevisionFailed', `Revision creation failed with message: ${message}.`);
}

function tellFailure(
  { events }: Work,
  configuration: Configuration,
  conditions: ConditionManager,
  { name, message }: { readonly name: string; readonly message: string },
): void {
  const text = `Revision "${name}" failed with message: ${message}.`;
  const before = conditionOf(configuration.status, 'Ready');
  conditions.markFalse('Ready', 'RevisionFailed', text);
  if (before?.status === 'False' && before.message === text) return;
  const latestReady = configuration.status?.latestReadyRevisionName === name;
  if (latestReady)
    events.event(configuration, 'Warning', 'LatestReadyFailed', `Latest ready revision "${name}" has failed`);
  else events.event(configuration, 'Warning', 'LatestCreatedFailed', `Latest created revision "${name}" has failed`);
}

function chooseLatestReady(
  { informers, events }: Work,
  configuration: Configuration,
  conditions: ConditionManager,
  draft: StatusDraft<Configuration>,
): void {
  const revisions = informers.revisions.byIndex('controller', configuration.metadata.uid ?? '');
  const name = findLatestReady(configuration, revisions)?.metadata.name;
  if (name === undefined) return;
  const before = draft.latestReadyRevisionName;
  draft.latestReadyRevisionName = name;
  if (name === draft.latestCreatedRevisionName) conditions.markTrue('Ready');
  if (name === before) return;
  if (before === undefined) events.event(configuration, 'Normal', 'ConfigurationReady', 'Configuration becomes ready');
  events.event(configuration, 'Normal', 'LatestReadyUpdate', `LatestReadyRevisionName updated to "${name}"`);
}
