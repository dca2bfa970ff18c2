import type { Node, Pod } from '@ebb/api';
import { outOfStock, providerTaint } from '../node/node-object.ts';

type Spec = Pod['spec'] & {
  readonly tolerations?: readonly Toleration[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly { readonly matchExpressions?: readonly Expression[] }[];
      };
    };
  };
  readonly schedulingGates?: readonly unknown[];
  readonly schedulerName?: string;
};

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

/** True for a pod that waits for a node, and for nobody else's choice of one. */
export function isToBePlaced({ metadata, spec, status }: Pod): boolean {
  const { schedulerName = 'default-scheduler', schedulingGates = [], nodeName } = spec as Spec;
  if (nodeName || metadata.deletionTimestamp || schedulingGates.length > 0) return false;
  return schedulerName === 'default-scheduler' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** Nodes the pod may be on, those of zones with stock if there are such; or why there is none, in kube-scheduler's words. */
export function candidates(pod: Pod, nodes: readonly Node[]): readonly Node[] | string {
  const reasons = new Map<string, number>();
  const fitting = nodes.filter((node) => {
    const reason = obstacle(pod.spec as Spec, node);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  if (fitting.length === 0) {
    const told = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'there is none';
    return `0/${nodes.length} nodes are available: ${told}.`;
  }
  const stocked = fitting.filter((node) => !hasCondition(node, outOfStock));
  return stocked.length > 0 ? stocked : fitting;
}

function obstacle(spec: Spec, node: Node): string | undefined {
  if (!hasCondition(node, 'Ready')) return 'node(s) were not ready';
  if (node.spec?.unschedulable) return 'node(s) were unschedulable';
  const taint = node.spec?.taints?.find((each) => keepsAway(each) && !isTolerated(each, spec.tolerations ?? []));
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  const labels = node.metadata.labels ?? {};
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!isSelected || !isLiked(spec, labels)) return "node(s) didn't match Pod's node affinity/selector";
  return undefined;
}

/** Every pod here is for virtual nodes, as on ACK Serverless: nobody has to say that he tolerates them. */
function keepsAway({ key, effect }: Taint): boolean {
  return key !== providerTaint.key && effect !== 'PreferNoSchedule';
}

function isTolerated({ key, value = '', effect }: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((each) => {
    if (each.effect && each.effect !== effect) return false;
    if (each.operator === 'Exists') return !each.key || each.key === key;
    return each.key === key && (each.value ?? '') === value;
  });
}

function isLiked({ affinity }: Spec, labels: Readonly<Record<string, string>>): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return true;
  return terms.some(({ matchExpressions = [] }) => matchExpressions.every((expression) => matches(expression, labels)));
}

function matches({ key, operator, values = [] }: Expression, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

function hasCondition({ status }: Node, wanted: string): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === wanted && is === 'True') ?? false;
}
