import type { Node } from '@ebb/api';

/** True if pods may be bound to the node: it is ready, may be used, and stays. */
export function takesPods({ metadata, spec, status }: Node): boolean {
  if (metadata.deletionTimestamp !== undefined || spec?.unschedulable) return false;
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** True if its zone has no instances for now: pods had better be bound elsewhere, as long as there is an elsewhere. */
export function isOutOfStock({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'OutOfStock' && status === 'True') === true;
}

/** How many pods a node has. */
export interface NodeLoad {
  readonly name: string;
  /** Of the revision in question. */
  readonly own: number;
  readonly all: number;
}

/** Spreads a revision's pods: the node with the fewest of them, then with the fewest at all, then by name. */
export function chooseNode(loads: readonly NodeLoad[]): string | undefined {
  const [first] = loads.toSorted((a, b) => a.own - b.own || a.all - b.all || (a.name < b.name ? -1 : 1));
  return first?.name;
}
