import type { CoreCondition, Pod } from '@ebb/api';

/** Conditions the node sets; those of other types are others' to set and to take away. */
const own: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'ContainerInstanceExpired',
]);

/** Conditions with their `lastTransitionTime`, which moves only when the status does, and behind them those that others set. */
export function stampConditions(next: readonly CoreCondition[], pod: Pod, now: string): CoreCondition[] {
  const before = pod.status?.conditions ?? [];
  const stamped = next.map((condition) => {
    const known = before.find(({ type }) => type === condition.type);
    const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? now };
  });
  return withForeign(stamped, pod);
}

/** The node's own of these conditions, and behind them those that others have set on the pod. */
export function withForeign(conditions: readonly CoreCondition[], { status }: Pod): CoreCondition[] {
  return [
    ...conditions.filter(({ type }) => own.has(type)),
    ...(status?.conditions ?? []).filter(({ type }) => !own.has(type)),
  ];
}
