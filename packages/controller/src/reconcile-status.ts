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
  /** Told once the status is stored, if the object became happy with it: another look at an old copy is refused before. */
  readonly becameHappy?: () => void;
}

/** Runs one reconcile and writes the status it leaves, also where it failed: what it found out by then is true. */
export async function reconcileStatus<T extends KubernetesObject & { status?: CommonStatus }>(
  work: Work,
  { resource, object, conditionSet, reconcile, becameHappy }: StatusWork<T>,
): Promise<ReconcileResult> {
  const conditions = createConditionManager(conditionSet, object);
  const draft = structuredClone(object.status ?? {}) as StatusDraft<T>;
  let result: ReconcileResult = {};
  let failure: { readonly error: unknown } | undefined;
  try {
    result = (await reconcile(conditions, draft)) ?? {};
  } catch (error) {
    if (work.signal.aborted) throw error;
    failure = { error };
  }
  const status = { ...draft, ...conditions.finish(work.clock.now()) } as unknown as NonNullable<T['status']>;
  await writeStatus(work, resource, object, status);
  if (conditions.isHappy() && conditionOf(object.status, conditionSet.happy)?.status !== 'True') becameHappy?.();
  if (failure) throw failure.error;
  return result;
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
