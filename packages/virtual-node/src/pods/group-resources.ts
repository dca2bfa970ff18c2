import { type Container, type PodSpec, parseQuantity } from '@ebb/api';

const gibibyte = 2 ** 30;

/** What a group gets when nothing is asked for (serverless-node.md, section 2.6). */
const defaults = { cpu: 2, memory: 4 };

/**
 * vCPUs and GiB of a pod: limits where there are any, else requests, summed over containers; init containers count with the
 * largest of them (serverless-node.md, section 2.6). ECI rounds up to a spec it sells.
 */
export function groupResources({ containers, initContainers = [] }: PodSpec): {
  readonly cpu: number;
  readonly memory: number;
} {
  const total = (resource: 'cpu' | 'memory'): number => {
    const sum = containers.reduce((all, container) => all + amountOf(container, resource), 0);
    return Math.max(sum, ...initContainers.map((container) => amountOf(container, resource)));
  };
  const cpu = total('cpu');
  const memory = total('memory') / gibibyte;
  return cpu === 0 && memory === 0
    ? defaults
    : { cpu: round(cpu || defaults.cpu), memory: round(memory || defaults.memory) };
}

function amountOf({ resources }: Container, resource: 'cpu' | 'memory'): number {
  const amount = resources?.limits?.[resource] ?? resources?.requests?.[resource];
  return amount === undefined ? 0 : parseQuantity(String(amount));
}

/** To a thousandth: ECI takes no longer fractions. */
function round(value: number): number {
  return Math.ceil(value * 1000) / 1000;
}
