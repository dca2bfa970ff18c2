import { type CommonStatus, type KubernetesObject, type Resource, isConflict } from '@ebb/api';
import { messageOf } from '@ebb/base';
import {
  type ConditionManager,
  type ConditionSet,
  type ReconcileResult,
  conditionOf,
  createConditionManager,
  updateStatusIfChanged,
} from '@ebb/kube';
import type { Work } from './context.ts';

/** The conditions of each kind, in the order of the table (serving-api.md, section 13). */
export const conditionSets: Readonly<
  Record<'service' | 'configuration' | 'revision' | 'route' | 'domainMapping', ConditionSet>
> = {
  service: { happy: 'Ready', dependents: ['ConfigurationsReady', 'RoutesReady'] },
  configuration: { happy: 'Ready', dependents: [] },
  revision: { happy: 'Ready', dependents: ['ResourcesAvailable', 'ContainerHealthy'] },
  route: { happy: 'Ready', dependents: ['AllTrafficAssigned', 'IngressReady', 'CertificateProvisioned'] },
  domainMapping: {
    happy: 'Ready',
    dependents: ['DomainClaimed', 'ReferenceResolved', 'IngressReady', 'CertificateProvisioned'],
  },
};

/** The status a reconcile may change; conditions and observed generation are not its to write. */
export type StatusDraft<T extends { status?: CommonStatus }> = Omit<
  NonNullable<T['status']>,
  'conditions' | 'observedGeneration'
>;

export interface StatusWork<T extends KubernetesObject & { status?: CommonStatus }> {
  readonly resource: Resource<T>;
  readonly object: T;
  readonly conditionSet: ConditionSet;
  /** Marks conditions and fills in the draft, which starts as a copy of the present status. */
  readonly reconcile: (conditions: ConditionManager, draft: StatusDraft<T>) => Promise<ReconcileResult | void>;
  /**
   * A first status that only says that nothing is known yet may wait a moment: most objects have more to say by then, and a
   * write is saved. Default false.
   */
  readonly patient?: boolean;
  /** Told once the status is stored, if the object became happy with it: another look at an old copy is refused before. */
  readonly becameHappy?: () => void;
}

/** Runs one reconcile and writes the status it leaves, also where it failed: what it found out by then is true. */
export async function reconcileStatus<T extends KubernetesObject & { status?: CommonStatus }>(
  work: Work,
  { resource, object, conditionSet, reconcile, patient = false, becameHappy }: StatusWork<T>,
): Promise<ReconcileResult> {
  const conditions = createConditionManager(conditionSet, object);
  // Its fields are replaced, never changed: what they hold is shared.
  const draft = { ...object.status } as StatusDraft<T>;
  let result: ReconcileResult = {};
  let failure: { readonly error: unknown } | undefined;
  try {
    result = (await reconcile(conditions, draft)) ?? {};
  } catch (error) {
    if (work.signal.aborted) throw error;
    failure = { error };
  }
  const waitMs = patient && !failure ? patienceMs(object, conditions, conditionSet, work.clock.now()) : 0;
  if (waitMs > 0) return { requeueAfterMs: Math.min(waitMs, result.requeueAfterMs ?? waitMs) };
  const status = { ...draft, ...conditions.finish(work.clock.now()) } as unknown as NonNullable<T['status']>;
  await writeStatus(work, resource, object, status);
  if (conditions.isHappy() && conditionOf(object.status, conditionSet.happy)?.status !== 'True') becameHappy?.();
  if (failure) throw failure.error;
  return result;
}

/** How old an object is when its first status is written at the latest; its age is known to the second. */
const latestFirstStatusMs = 2000;

/** How long the first status of a new object may wait, in milliseconds: not at all if it says anything for certain. */
function patienceMs(
  { metadata, status }: KubernetesObject & { status?: CommonStatus },
  conditions: ConditionManager,
  { happy, dependents }: ConditionSet,
  now: number,
): number {
  const isFirst = status?.conditions === undefined;
  const failed = [happy, ...dependents].some((type) => conditions.get(type)?.status === 'False');
  const ageMs = now - (Date.parse(metadata.creationTimestamp ?? '') || 0);
  // A clock that is far from the server's tells nothing.
  const isNew = ageMs >= -latestFirstStatusMs && ageMs < latestFirstStatusMs;
  return isFirst && isNew && !failed && !conditions.isHappy() ? latestFirstStatusMs - ageMs : 0;
}

async function writeStatus<T extends KubernetesObject & { status?: CommonStatus }>(
  { client, events, signal }: Work,
  resource: Resource<T>,
  object: T,
  status: NonNullable<T['status']>,
): Promise<void> {
  try {
    await updateStatusIfChanged(client, resource, object, status, { signal });
  } catch (error) {
    if (!signal.aborted && !isConflict(error)) {
      const why = `Failed to update status for "${object.metadata.name}": ${messageOf(error)}`;
      events.event(object, 'Warning', 'UpdateFailed', why);
    }
    throw error;
  }
}
