import type { CoreCondition, Pod } from '@ebb/api';

/** Conditions with their `lastTransitionTime`, which moves only when the status does. */
export function stampConditions(next: readonly CoreCondition[], { status }: Pod, now: string): CoreCondition[] {
  return next.map((condition) => {
    const before = status?.conditions?.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? now };
  });
}
