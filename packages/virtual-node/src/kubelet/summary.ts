import type { Usage } from '../eci/inside.ts';
import { type NodeUsage, type PodUsage, startOf } from './usage.ts';

/** `/stats/summary` (kubelet's stats/v1alpha1 Summary): what the node and its pods use, in numbers. */
export function statsSummary(
  { pods, coreNanoseconds }: NodeUsage,
  { nodeName, startTime, now }: { readonly nodeName: string; readonly startTime: string; readonly now: string },
): object {
  const sum = (field: 'nanoCores' | 'usedBytes' | 'workingSetBytes' | 'rssBytes'): number =>
    pods.reduce((total, { usage }) => total + usage.group[field], 0);
  const all = {
    time: now,
    nanoCores: sum('nanoCores'),
    coreNanoseconds,
    usedBytes: sum('usedBytes'),
    workingSetBytes: sum('workingSetBytes'),
    rssBytes: sum('rssBytes'),
    availableBytes: undefined,
  };
  return { node: { nodeName, startTime, ...figures(all) }, pods: pods.map(podStats) };
}

function podStats({ pod, usage }: PodUsage): object {
  const { name, namespace, uid } = pod.metadata;
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime,
    containers: [...usage.containers].map(([container, each]) => ({
      name: container,
      startTime: startOf(pod, container),
      ...figures(each),
    })),
    ...figures(usage.group),
    ...(usage.network ? { network: { time: usage.group.time, ...usage.network } } : {}),
  };
}

function figures(usage: Usage): object {
  const { time, nanoCores, coreNanoseconds, usedBytes, workingSetBytes, rssBytes, availableBytes } = usage;
  return {
    cpu: { time, usageNanoCores: nanoCores, usageCoreNanoSeconds: coreNanoseconds },
    memory: { time, availableBytes, usageBytes: usedBytes, workingSetBytes, rssBytes },
  };
}
