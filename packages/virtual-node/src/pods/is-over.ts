import type { Pod } from '@ebb/api';

/** True for a pod that came to its end, by itself or by us: nothing of it runs again. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
