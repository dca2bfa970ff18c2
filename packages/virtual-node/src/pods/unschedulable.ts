import { type Pod, type PodSpec, parseQuantity } from '@ebb/api';
import type { GroupSize } from './group-resources.ts';

/** The largest instance there is (serverless-node.md, section 2.6). */
const largest: GroupSize = { cpu: 64, memory: 512 };

/**
 * Why a pod that was bound to the node cannot be there, in kube-scheduler's words; undefined if it can. A scheduler would not
 * have put it here, but pods bound by others meet none. As with a kubelet, taints that keep others from scheduling do not count.
 */
export function unschedulable(
  { spec }: Pod,
  { size, labels }: { readonly size: GroupSize; readonly labels: Readonly<Record<string, string>> },
): string | undefined {
  const wanted = Object.entries(spec.nodeSelector ?? {});
  if (wanted.some(([key, value]) => labels[key] !== value)) {
    return noNode("node(s) didn't match Pod's node affinity/selector");
  }
  const short = [
    ...(['cpu', 'memory'] as const).filter((resource) => size[resource] > largest[resource]),
    ...unknownResources(spec),
  ];
  return short.length === 0 ? undefined : noNode(...short.map((resource) => `Insufficient ${resource}`));
}

/** What an instance may have, and none is without. */
const known: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'nvidia.com/gpu']);

function unknownResources({ containers, initContainers = [] }: PodSpec): string[] {
  const asked = [...containers, ...initContainers].flatMap(({ resources: { requests = {}, limits = {} } = {} }) =>
    Object.entries({ ...limits, ...requests }).flatMap(([name, amount]) =>
      parseQuantity(String(amount)) > 0 ? [name] : [],
    ),
  );
  return [...new Set(asked)].filter((name) => !known.has(name));
}

function noNode(...reasons: readonly string[]): string {
  return `0/1 nodes are available: ${reasons.map((reason) => `1 ${reason}`).join(', ')}.`;
}
