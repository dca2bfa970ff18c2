import type { DeciderSpec } from './resolve.ts';

const fewest = 2;

/** Activators a revision with `ready` pods would be given (autoscaling.md, section 10). Reported; one gateway needs no subset. */
export function activatorCount(
  { targetBurstCapacity, totalValue, activatorCapacity }: DeciderSpec,
  ready: number,
): number {
  if (targetBurstCapacity === 0) return fewest;
  const capacity = ready * totalValue + Math.max(targetBurstCapacity, 0);
  return Math.max(fewest, Math.ceil(capacity / activatorCapacity));
}
