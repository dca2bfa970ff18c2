import type { CoreCondition } from '@ebb/api';

/** An object that is still there in a namespace that is being deleted. */
export interface Remaining {
  /** Key of its resource, such as `configmaps`. */
  readonly resource: string;
  readonly finalizers: readonly string[];
}

/** What keeps a namespace from going, as Kubernetes tells it in the namespace's status; `was` is what was told before. */
export function conditionsOf(
  remaining: readonly Remaining[],
  was: readonly CoreCondition[],
  now: string,
): readonly CoreCondition[] {
  const content = countsOf(remaining.map(({ resource }) => resource)).map(
    ([resource, count]) => `${resource} has ${count} resource instances`,
  );
  const finalizers = countsOf(remaining.flatMap(({ finalizers: names }) => names)).map(
    ([name, count]) => `${name} in ${count} resource instances`,
  );
  const told: readonly CoreCondition[] = [
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${content.join(', ')}`,
    },
    finalizers.length === 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'No content has a finalizer',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        },
  ];
  return told.map((condition) => {
    const before = was.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
    return { ...condition, lastTransitionTime: since };
  });
}

/** Each name with how often it is there, by name. */
function countsOf(names: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
