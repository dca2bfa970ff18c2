import type { Action } from '../action.ts';
import { groupAskedFor } from '../groups/require.ts';
import type { Group } from '../groups/group.ts';
import { EciError, invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { ContainerSample, Sample } from './samples.ts';

/** Groups of one question (serverless-node.md, section 2.3). */
const maxGroups = 20;
const gibibyte = 2 ** 30;

/** The actions that tell what groups use. Points are taken when they are asked for, not by the period. */
export const metricActions: Readonly<Record<string, Action>> = {
  DescribeContainerGroupMetric: async (parameters, context) => {
    const group = groupAskedFor(parameters, context);
    const taken = await context.samples.take(group);
    return { ContainerGroupId: group.id, Records: taken.map((sample) => recordOf(group, sample)) };
  },

  DescribeMultiContainerGroupMetric: async (parameters, { store, samples }) => {
    const groups = parseIds(parameters).flatMap((id) => store.get(id) ?? []);
    const datas = groups.map(async (group) => {
      const last = (await samples.take(group)).at(-1);
      return last && { ContainerGroupId: group.id, Records: [recordOf(group, last)] };
    });
    return { MonitorDatas: (await Promise.all(datas)).filter((data) => data !== undefined) };
  },
};

function parseIds(parameters: Parameters): readonly string[] {
  const text = parameters.required('ContainerGroupIds');
  let ids: unknown;
  try {
    ids = JSON.parse(text);
  } catch {
    ids = undefined;
  }
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string'))
    throw invalidParameter('ContainerGroupIds', 'not a JSON array of ids');
  if (ids.length > maxGroups)
    throw new EciError('InvalidParameter.LengthExceeded', `ContainerGroupIds has more than ${maxGroups} items.`);
  return ids;
}

function recordOf(group: Group, { atMs, containers }: Sample): object {
  const { cpu, memory } = group.spec;
  const sum = (field: 'nanoCores' | 'cpuNanoseconds' | 'memoryBytes'): number =>
    containers.reduce((total, container) => total + container[field], 0);
  const all = { nanoCores: sum('nanoCores'), cpuNanoseconds: sum('cpuNanoseconds'), memoryBytes: sum('memoryBytes') };
  return {
    Timestamp: new Date(atMs).toISOString(),
    ...figures(all, { cpu, memory }),
    Network: { Interfaces: [] },
    Containers: containers.map((container) => {
      const own = group.spec.containers.find(({ name }) => name === container.name);
      return { Name: container.name, ...figures(container, { cpu: own?.cpu || cpu, memory: own?.memory || memory }) };
    }),
  };
}

/** `limit` in vCPU and GiB. */
function figures(
  { nanoCores, cpuNanoseconds, memoryBytes }: Omit<ContainerSample, 'name'>,
  limit: { readonly cpu: number; readonly memory: number },
): object {
  const total = Math.floor(limit.memory * gibibyte);
  return {
    CPU: {
      UsageNanoCores: nanoCores,
      UsageCoreNanoSeconds: cpuNanoseconds,
      Load: 0,
      Limit: Math.round(limit.cpu * 1000),
    },
    Memory: {
      AvailableBytes: Math.max(0, total - memoryBytes),
      UsageBytes: memoryBytes,
      Cache: 0,
      WorkingSet: memoryBytes,
      Rss: memoryBytes,
    },
  };
}
