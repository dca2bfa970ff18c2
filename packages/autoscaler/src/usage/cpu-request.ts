import { type PodSpec, isQuantity, parseQuantity } from '@ebb/api';

/** Cores that a pod requests; where it requests none, what it is limited to. */
export function cpuRequestOf({ containers }: Pick<PodSpec, 'containers'>): number {
  return containers.reduce((sum, { resources }) => {
    const text = String(resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'] ?? '');
    return isQuantity(text) ? sum + parseQuantity(text) : sum;
  }, 0);
}
