import { type Container, type PodSpec, parseQuantity } from '@ebb/api';
import { partContainers } from './sidecars.ts';

/** vCPUs and GiB. */
export interface GroupSize {
  readonly cpu: number;
  readonly memory: number;
}

const gibibyte = 2 ** 30;

/** What a group gets when nothing is asked for (serverless-node.md, section 2.6). */
const defaults: GroupSize = { cpu: 2, memory: 4 };
/** In GiB, where only CPU is asked for: with 2 vCPU go 1 GiB then, the least that is sold with them. */
const leastMemory = 0.5;

/**
 * The size of a pod's group: limits where there are any, else requests, summed over containers; init containers count with the
 * largest of them (serverless-node.md, section 2.6). What the pod says of itself as a whole outranks that. ECI rounds up to a
 * spec it sells.
 */
export function groupResources(spec: PodSpec): GroupSize {
  const { first, together } = partContainers(spec);
  const total = (resource: 'cpu' | 'memory'): number => {
    const whole = amountOf({ resources: spec.resources as Container['resources'] }, resource);
    if (whole > 0) return whole;
    const sum = together.filter(isCounted).reduce((all, container) => all + amountOf(container, resource), 0);
    return Math.max(sum, ...first.map((container) => amountOf(container, resource)));
  };
  const cpu = total('cpu');
  const memory = total('memory') / gibibyte;
  return cpu === 0 && memory === 0
    ? defaults
    : { cpu: round(cpu || defaults.cpu), memory: round(memory || leastMemory) };
}

/** What every instance has of disk, in GiB (serverless-node.md, section 2.6). */
const freeStorage = 30;

/** GiB of disk beside those, where containers ask for more; summed as CPU and memory are. */
export function extraStorage(spec: PodSpec): { ephemeralStorage?: number } {
  const extra = instanceStorage(spec) - freeStorage;
  return extra > 0 ? { ephemeralStorage: extra } : {};
}

/** GiB of disk in all. */
export function instanceStorage(spec: PodSpec): number {
  const { first, together } = partContainers(spec);
  const sum = together.reduce((all, container) => all + amountOf(container, 'ephemeral-storage'), 0);
  const most = Math.max(sum, ...first.map((container) => amountOf(container, 'ephemeral-storage')));
  return Math.max(freeStorage, Math.ceil(most / gibibyte));
}

/** What one container may take; what it says nothing of is left out. */
export function containerResources({ resources }: Container): Partial<GroupSize> {
  const cpu = resources?.limits?.['cpu'];
  const memory = resources?.limits?.['memory'];
  return {
    ...(cpu === undefined ? {} : { cpu: round(parseQuantity(String(cpu))) }),
    ...(memory === undefined ? {} : { memory: parseQuantity(String(memory)) / gibibyte }),
  };
}

/** vCPUs each container asked for that may take more, or all there are. */
export function cpuRequests({ containers, initContainers = [] }: PodSpec): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...containers, ...initContainers].flatMap(({ name, resources }) => {
      const request = resources?.requests?.['cpu'];
      return request === undefined ? [] : [[name, parseQuantity(String(request))]];
    }),
  );
}

/** A sidecar may ask not to be counted. */
function isCounted({ env = [] }: Container): boolean {
  return !env.some(({ name, value }) => name === '__ECI_RESOURCE_IGNORE__' && value?.toUpperCase() === 'TRUE');
}

/** GPUs of a container, where it limits itself to some. */
export function gpuResources({ resources }: Container): { gpu?: number } {
  const gpu = resources?.limits?.['nvidia.com/gpu'];
  return gpu === undefined ? {} : { gpu: parseQuantity(String(gpu)) };
}

function amountOf(
  { resources }: { readonly resources?: Container['resources'] | undefined },
  resource: 'cpu' | 'memory' | 'ephemeral-storage',
): number {
  const amount = resources?.limits?.[resource] ?? resources?.requests?.[resource];
  return amount === undefined ? 0 : parseQuantity(String(amount));
}

/** To a thousandth: ECI takes no longer fractions. */
function round(value: number): number {
  return Math.ceil(value * 1000) / 1000;
}
