import { type Pod, keys } from '@ebb/api';

/** What a pod is to the autoscaler. */
export type Stage =
  /** It serves, or will. */
  | 'active'
  /** It takes no new request and is deleted when its last one has ended. */
  | 'draining'
  /** It has failed or ended, and will not come back. */
  | 'ended'
  /** It is being deleted. */
  | 'leaving';

export function stageOf({ metadata, status }: Pod): Stage {
  if (metadata.deletionTimestamp !== undefined) return 'leaving';
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return 'ended';
  return metadata.annotations?.[keys.draining] === undefined ? 'active' : 'draining';
}

/** True if the pod runs and its Ready condition is True. */
export function isPodReady({ status }: Pod): boolean {
  return (
    status?.phase === 'Running' &&
    status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  );
}

/** When the pod began to drain, in milliseconds since the epoch; `undefined` if it does not, or does not say when. */
export function drainingSince({ metadata }: Pod): number | undefined {
  const ms = Date.parse(metadata.annotations?.[keys.draining] ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
